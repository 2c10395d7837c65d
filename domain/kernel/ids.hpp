#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace annals {

/// A UUID (RFC 9562) as its 16 bytes in network order, so that comparing bytes compares UUIDv7 creation
/// times.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    /// Reads the canonical 36-character form, either case. Anything else is nothing.
    static std::optional<Uuid> parse(std::string_view text);
    /// Writes 36 lower-case characters.
    [[nodiscard]] std::string to_string() const;
    void append_to(std::string& out) const;
    [[nodiscard]] bool is_nil() const { return *this == Uuid{}; }

    friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// An id that knows what it names: a TaskId does not fit where a ProjectId is asked for.
template <class Tag>
struct Id {
    Uuid value{};

    static std::optional<Id> parse(std::string_view text) {
        const auto uuid = Uuid::parse(text);
        if (!uuid) return std::nullopt;
        return Id{*uuid};
    }
    [[nodiscard]] std::string to_string() const { return value.to_string(); }
    [[nodiscard]] bool is_nil() const { return value.is_nil(); }

    friend auto operator<=>(const Id&, const Id&) = default;
};

using TenantId = Id<struct TenantTag>;          ///< a realm: an organization, a person or the platform
using UserId = Id<struct UserTag>;              ///< a person; also the id of that person's realm
using SessionId = Id<struct SessionTag>;        ///< one login of a person on a device
using MembershipId = Id<struct MembershipTag>;  ///< a person in an organization
using InvitationId = Id<struct InvitationTag>;  ///< an offer to become a member
using CredentialId = Id<struct CredentialTag>;  ///< a secret in the vault
using ProjectId = Id<struct ProjectTag>;
using ColumnId = Id<struct ColumnTag>;
using TaskId = Id<struct TaskTag>;
using EventId = Id<struct EventTag>;
using CommandId = Id<struct CommandTag>;

/// The realm of what belongs to no organization and to no person.
inline constexpr TenantId kPlatformRealm{Uuid{{0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0}}};

/// A person's own realm carries the person's id.
inline TenantId realm_of(UserId user) {
    return TenantId{user.value};
}

/// Where an event stands in the log. `epoch` rises when a log is restored from a backup, so that a position
/// from before can be told from one that is reused; `number` is dense from 1 within its partition.
struct Position {
    std::uint32_t epoch{1};
    std::uint16_t partition{0};
    std::uint64_t number{0};

    /// "EPOCH-PARTITION-NUMBER"; opaque to clients, who only hand it back.
    [[nodiscard]] std::string to_string() const;
    static std::optional<Position> parse(std::string_view text);

    friend bool operator==(const Position&, const Position&) = default;
};

/// The version of a stream: 1 for its first event, 0 for a stream that does not exist.
using StreamVersion = std::uint64_t;

}  // namespace annals

template <>
struct std::hash<annals::Uuid> {
    std::size_t operator()(const annals::Uuid& id) const noexcept {
        // The last eight bytes of a UUIDv7 are random, which makes them a hash already.
        std::size_t tail = 0;
        std::memcpy(&tail, id.bytes.data() + 8, sizeof tail);
        return tail;
    }
};

template <class Tag>
struct std::hash<annals::Id<Tag>> {
    std::size_t operator()(const annals::Id<Tag>& id) const noexcept {
        return std::hash<annals::Uuid>{}(id.value);
    }
};
