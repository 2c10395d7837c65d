#pragma once

#include "infra/kafka/broker.hpp"
#include "infra/kafka/log_sink.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace annals::kafka {

enum class TopicVerdict {
    ready,        ///< it was there and is as it must be
    created,      ///< it was missing and is there now
    refused,      ///< it is there and would lose events or order: a person has to decide
    unavailable,  ///< the broker cannot be asked now; try again
};

struct TopicCheck {
    TopicVerdict verdict{TopicVerdict::unavailable};
    std::string
        message;  ///< for `refused`, what is wrong and what to do; for `unavailable`, the broker's words
};

/// Sees to it that the topic exists with `partitions` partitions and keeps every record for ever:
/// retention.ms=-1, retention.bytes=-1, cleanup.policy=delete. It creates a missing topic so and never alters
/// an existing one. The embedded broker has no admin API and no retention by time; there only the number of
/// partitions is checked. Blocks for a bounded time (about 15 s when the broker is away), or until a stop is
/// requested, which is asked between waits and makes it answer `unavailable`.
TopicCheck ensure_topic(
    const BrokerAddress& broker, std::string_view topic, std::uint16_t partitions, const LogSink& log,
    const std::function<bool()>& stop_requested = [] { return false; }
);

}  // namespace annals::kafka
