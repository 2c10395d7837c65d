#pragma once

#include "api/http/cursor.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// How requests and answers look that processes send each other: several in one body, because a request of its
// own for each would cost as much as deciding it. The fields are texts behind their lengths (32 bit,
// little-endian).
namespace annals::api {

/// True when the request can be written: a command's path as it stands, no query, a body within limits.
bool can_be_passed_on(const http::Request& request);
/// Appends a request: method, path, the fields of a command's header, body, and what the server knows of it.
void append_item(std::string& out, const http::Request& request);
/// The body that carries these items; without any it only asks whether somebody is there.
std::string write_bundle(std::span<const std::string> items);
/// The requests of a body, each with `passed_on` set and as the gate would have made it; nothing when it is
/// not well-formed, or has too many.
std::optional<std::vector<std::shared_ptr<http::Request>>> read_bundle(std::string_view body);

/// Carries the signature of a bundle.
inline constexpr std::string_view kPeerSignatureHeader = "Annals-Peer";
/// What proves that a bundle comes from a process of this installation: a keyed hash of it. Without that
/// anybody could write addresses of clients into the log.
std::string sign_bundle(const http::Hmac& hmac, std::string_view body);

/// The answers to a bundle, in its order.
std::string write_answers(std::span<const http::Response> answers);
/// Exactly `count` answers, or nothing.
std::optional<std::vector<http::Response>> read_answers(std::string_view body, std::size_t count);

}  // namespace annals::api
