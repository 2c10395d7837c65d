#pragma once

#include "api/http/request.hpp"
#include "api/http/response.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace annals::api {

/// Where processes send each other commands; not part of the API that clients see.
inline constexpr std::string_view kPeerCommandsPath = "/internal/commands";
/// A client that sends this with a request has it decided by the process it reached.
inline constexpr std::string_view kForwardedHeader = "Annals-Forwarded";

// Limits of what is passed on. What is larger is decided where it is.
inline constexpr std::size_t kPassedOnBodyBytesMax = 256 * 1024;
inline constexpr std::size_t kPeerBundleItemsMax = 256;  ///< commands in one request between processes
inline constexpr std::size_t kPeerBundleBytesMax =
    768 * 1024;  ///< of such a request; one command may exceed it

/// What became of a request that was passed on.
struct PeerAnswer {
    enum class Outcome : std::uint8_t {
        answered,
        not_sent,  ///< nobody else has seen it
        lost       ///< another process may have decided it, or still be about to
    };
    Outcome outcome{Outcome::not_sent};
    http::Response response{};  ///< when it was answered
};
using PeerCompletion = std::move_only_function<void(PeerAnswer)>;

/// The other processes that decide commands of this log. Thread-safe; nothing blocks.
class CommandPeers {
public:
    virtual ~CommandPeers() = default;
    /// Whether pass_on() would take a request for the partition at this moment: spares what is decided here
    /// the preparations.
    [[nodiscard]] virtual bool would_take(std::uint16_t partition) const = 0;
    /// Passes the request on to the process that decides for the partition. False, and `done` is not touched,
    /// when that is this process, or one that cannot take it at this moment. Otherwise `done` is called once,
    /// on an I/O thread, in bounded time. The request stays as it is until then.
    virtual bool pass_on(
        std::uint16_t partition, const std::shared_ptr<http::Request>& request, PeerCompletion& done
    ) = 0;
};

}  // namespace annals::api
