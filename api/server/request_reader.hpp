#pragma once

#include "api/server/http_server.hpp"
#include "api/server/input_buffer.hpp"
#include "api/server/request_gate.hpp"
#include "api/server/request_parser.hpp"

#include <cstddef>

namespace annals::server {

/// Makes a request out of received bytes, without any I/O: what the gate and the parser decide together, so
/// that it can be tested and fuzzed byte by byte. One for each request; used on one thread.
class RequestReader {
public:
    enum class Step { done, more, refused };

    /// Keeps references to both.
    RequestReader(const ServerOptions& options, http::Request& request)
        : options_(options), request_(request), parser_(request, options.limits.chunk_header_bytes_max) {}

    /// Takes a header of `size` bytes, which HeaderScanner has found complete: done or refused.
    Step read_header(InputBuffer& input, std::size_t size);
    /// Takes what is there of the body; `more` when all is used and the body goes on.
    Step read_body(InputBuffer& input);

    const Refusal& refusal() const { return refusal_; }
    /// The header has passed, so the request's fields may be trusted.
    bool understood() const { return understood_; }
    /// The client wants to send another request on this connection.
    bool keeps_alive() const { return keeps_alive_; }
    /// The whole body is there.
    bool complete() const { return parser_.is_done(); }

private:
    Step refuse(Refusal refusal);
    Step limit_body();

    const ServerOptions& options_;
    http::Request& request_;
    RequestParser parser_;
    Refusal refusal_{};
    bool understood_ = false;
    bool keeps_alive_ = false;
};

}  // namespace annals::server
