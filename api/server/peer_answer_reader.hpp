#pragma once

#include "api/server/input_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace annals::server {

/// An answer of another process of ours.
struct PeerHttpAnswer {
    int status = 0;
    bool closes = false;  ///< The connection ends with it.
    std::string body;
};

/// What is received so far: a whole answer, not yet a whole one, or something that is none.
enum class PeerAnswerStep : std::uint8_t { done, more, broken };

/// Takes the first answer off the input, without any I/O. Knows the part of HTTP/1.1 that our own server
/// sends: answers with Content-Length. What is larger than `body_bytes_max` is broken.
PeerAnswerStep take_peer_answer(InputBuffer& input, std::size_t body_bytes_max, PeerHttpAnswer& answer);

}  // namespace annals::server
