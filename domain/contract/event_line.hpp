#pragma once

#include "domain/contract/envelope.hpp"
#include "domain/contract/json_reader.hpp"
#include "domain/contract/json_writer.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace annals::contract {

/// Encrypts and decrypts the personal values of one event. `place` binds a ciphertext to where it stands.
struct SealPlace {
    TenantId tenant{};
    Uuid stream{};
    StreamVersion version{0};
    std::string_view type;
};

class EventSealer {
public:
    virtual ~EventSealer() = default;
    virtual std::string seal(
        const SealPlace& place, const Uuid& subject, std::string_view field, std::string_view plain
    ) = 0;
    /// Nothing when the subject's key was destroyed.
    virtual std::optional<std::string> open(
        const SealPlace& place, const Uuid& subject, std::string_view field, std::string_view sealed
    ) = 0;
};

/// Appends the one serialised form of an event: a CloudEvents 1.0 JSON object on one line, fields in fixed
/// order. The log hashes these bytes, Kafka carries them, exports contain them. `line` gets no line feed.
void write_event_line(
    const Envelope& envelope, const AnyEvent& event, EventSealer& sealer, std::string& line
);

/// The fault's code when this binary does not know the event's type, or not in this version.
inline constexpr std::string_view kUnknownType = "unknown_type";

/// Why a line could not be read; `code` is kUnknownType or a fault code of the JSON reader.
struct LineFault {
    std::string code;
    std::string detail;
};

/// Reads a line back and upcasts the event to its newest schema version. Without a sealer, personal values
/// read as nothing.
std::expected<RecordedEvent, LineFault> read_event_line(
    JsonDocument& document, std::string_view line, EventSealer* sealer,
    const EventCatalogue& catalogue = event_catalogue()
);

}  // namespace annals::contract
