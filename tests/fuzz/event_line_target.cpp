#include "domain/contract/event_line.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/marking_sealer.hpp"
#include "tests/support/sample_contract.hpp"

namespace annals::test::fuzz {
namespace {

using contract::EventCatalogue;
using contract::JsonDocument;

/// The attributes that are numbers written as text keep every digit: a position that wraps around would be
/// another event's.
void check_numbers(const JsonDocument& document, const contract::Envelope& envelope) {
    const auto same = [&](std::string_view name, std::uint64_t number) {
        std::string_view digits = *document.text(name);
        while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
        require(digits == std::to_string(number), std::string(name) + " is read as another number");
    };
    same("position", envelope.position.number);
    same("tenantposition", envelope.tenant_position);
    same("streamversion", envelope.version);
    require(document.integer("epoch") == envelope.position.epoch, "another epoch");
    require(document.integer("partition") == envelope.position.partition, "another partition");
}

void check_line(std::string_view bytes, contract::EventSealer* sealer, const EventCatalogue& catalogue) {
    JsonDocument document;
    const auto read = contract::read_event_line(document, bytes, sealer, catalogue);
    if (!read) {
        require(!read.error().code.empty() && !read.error().detail.empty(), "refused without words");
        return;
    }
    require(read->event.type().upcast == nullptr, "not upcast to the newest version");
    check_numbers(document, read->envelope);
    // What an upcaster of the sample contract makes of an old event need not obey the newest rules.
    if (document.integer("schemaversion") != read->event.type().schema_version) return;
    MarkingSealer writer;
    std::string once;
    contract::write_event_line(read->envelope, read->event, writer, once);
    require(once.find('\n') == std::string::npos, "a line holds a line feed");
    const auto again = contract::read_event_line(document, once, &writer, catalogue);
    require(again.has_value(), "a written line cannot be read: " + once);
    std::string twice;
    contract::write_event_line(again->envelope, again->event, writer, twice);
    require(once == twice, "a written line reads as something else: " + once);
}

}  // namespace

void run_event_line(std::string_view bytes) {
    MarkingSealer sealer;
    for (const EventCatalogue* catalogue : {&contract::event_catalogue(), &greeting_catalogue()}) {
        check_line(bytes, &sealer, *catalogue);
        check_line(bytes, nullptr, *catalogue);
    }
}

}  // namespace annals::test::fuzz
