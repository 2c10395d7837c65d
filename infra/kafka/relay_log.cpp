#include "infra/kafka/relay_log.hpp"

#include <charconv>
#include <string_view>
#include <utility>

namespace annals::kafka {
namespace {

/// The value of an extension attribute, up to what ends it. It stands before `data`, and no text value before
/// it can contain an unescaped quote.
std::string_view attribute_of(std::string_view line, std::string_view key, char end) {
    const std::size_t at = line.find(key);
    if (at == std::string_view::npos || at > line.find(R"("data":)")) return {};
    const std::string_view rest = line.substr(at + key.size());
    return rest.substr(0, rest.find(end));
}

std::string_view traceparent_of(std::string_view line) {
    return attribute_of(line, R"("traceparent":")", '"');
}

std::uint32_t epoch_of(std::string_view line) {
    const std::string_view digits = attribute_of(line, R"("epoch":)", ',');
    std::uint32_t epoch = 1;
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
    return epoch;
}

}  // namespace

LogRecord log_record(
    std::uint64_t position, const Uuid& stream, const Uuid& tenant, const Uuid& event, std::string type,
    std::string line
) {
    LogRecord record{
        .position = position,
        .epoch = epoch_of(line),
        .stream_id = stream,
        .tenant_id = tenant,
        .event_id = event,
        .type = std::move(type),
        .line = {},
        .traceparent = std::string(traceparent_of(line))
    };
    record.line = std::move(line);
    return record;
}

}  // namespace annals::kafka
