#pragma once

#include "api/http/headers.hpp"
#include "api/http/limits.hpp"
#include "api/http/method.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace annals::http {

/// The values that the `{name}` parts of a route took, in the order of the pattern.
class PathParameters {
public:
    void add(std::string_view name, std::string_view value) { items_[size_++] = {name, value}; }
    std::size_t size() const { return size_; }

    /// The value of a parameter of the matched pattern; empty when the pattern has none of that name.
    std::string_view operator[](std::string_view name) const {
        for (std::size_t i = 0; i < size_; ++i) {
            if (items_[i].name == name) return items_[i].value;
        }
        return {};
    }

private:
    struct Item {
        std::string_view name;
        std::string_view value;
    };
    std::array<Item, kPathParametersMax> items_{};
    std::size_t size_ = 0;
};

/// One request, complete with its body, after the gate. The server makes it, the handler may keep it as long
/// as it needs. Neither copied nor moved, because `segments` and `parameters` are views of `path`.
struct Request {
    Request() = default;
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    Method method = Method::get;
    std::string path;   ///< Percent-decoded; starts with "/"; valid UTF-8 without dot segments.
    std::string query;  ///< As sent, without the "?"; parse_query decodes it.
    std::vector<std::string_view> segments;  ///< `path` between its slashes, decoded.
    PathParameters parameters;               ///< Set by the dispatcher.
    std::string_view route;  ///< The matched pattern, for logs and metrics; empty when none matched.
    Headers headers;         ///< As they stood before the body: trailers are never merged.
    std::string body;
    std::string remote_address;  ///< Of the socket, without the port.
    std::string request_id;      ///< UUID text, made by the server.
    std::string traceparent;     ///< W3C trace context, validated; empty when absent or invalid.

    // Of a command that one process passes on to another (api/kernel/command_peers.hpp). Never from a client.
    bool passed_on = false;  ///< Another process passed it on, so it is decided here.
    std::string command_id;  ///< UUID text for the commands that the client gave no id; may be empty.
    bool in_doubt = false;   ///< Another process may have decided it.
};

}  // namespace annals::http
