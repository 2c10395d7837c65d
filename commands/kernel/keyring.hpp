#pragma once

#include "commands/kernel/lru_map.hpp"
#include "commands/ports/environment.hpp"
#include "domain/contract/event_line.hpp"

#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

namespace annals {

/// Seals a value for a subject that has no key: it was never created, or it was destroyed by erasure.
struct SubjectErased : std::runtime_error {
    SubjectErased() : std::runtime_error("the subject has no key") {}
};

/// Seals and opens the personal values of events with the keys of their subjects, fetching wrapped keys when
/// needed. Keeps clear keys in memory for the most recent subjects only. One for each thread; not
/// thread-safe.
class Keyring final : public contract::EventSealer {
public:
    using Fetch = std::function<std::vector<StoredSubjectKey>(std::span<const Uuid>)>;
    static constexpr std::size_t kKeysMax = 10'000;

    Keyring(Cryptography& cryptography, Fetch fetch);

    /// Throws SubjectErased when the subject has no key.
    std::string seal(
        const contract::SealPlace& place, const Uuid& subject, std::string_view field, std::string_view plain
    ) override;
    std::optional<std::string> open(
        const contract::SealPlace& place, const Uuid& subject, std::string_view field, std::string_view sealed
    ) override;

    /// Remembers a key that was just made; `forget` takes it back when its append did not happen.
    void remember(const Uuid& subject, const SubjectKey& key) { keys_.put(subject, key); }
    void forget(const Uuid& subject) { keys_.erase(subject); }
    void forget_all() { keys_.clear(); }
    [[nodiscard]] bool has_key(const Uuid& subject) { return key_of(subject).has_value(); }

private:
    std::optional<SubjectKey> key_of(const Uuid& subject);

    Cryptography& cryptography_;
    Fetch fetch_;
    LruMap<Uuid, SubjectKey> keys_{kKeysMax};
};

}  // namespace annals
