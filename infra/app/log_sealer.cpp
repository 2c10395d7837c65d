#include "infra/app/log_sealer.hpp"

#include "infra/crypto/system_cryptography.hpp"
#include "infra/postgres/pg_event_store.hpp"
#include "projections/kernel/projection_store.hpp"

namespace annals::app {

LogSealer::LogSealer(const std::string& engine_dsn, Cryptography& cryptography)
    : store_(pg::make_pg_event_store(engine_dsn)),
      keyring_(cryptography, [this](std::span<const Uuid> subjects) {
          return store_->find_subject_keys(subjects);
      }) {}

std::optional<std::string> LogSealer::open(
    const contract::SealPlace& place, const Uuid& subject, std::string_view field, std::string_view sealed
) {
    try {
        return keyring_.open(place, subject, field, sealed);
    } catch (const StoreUnavailable& away) {
        throw ProjectionStoreUnavailable(away.what());
    } catch (const crypto::ForeignMasterKey& fault) {
        throw ProjectionStoreUnavailable(fault.what());
    }
}

}  // namespace annals::app
