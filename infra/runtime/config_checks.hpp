#pragma once

#include <string_view>

namespace annals::runtime {

/// What is wrong with a value, or empty. A literal such as "is no IP address".
using SettingCheck = std::string_view (*)(std::string_view value);

std::string_view check_ip_address(std::string_view value);
/// HOST:PORT with a port from 1 to 65535; an IPv6 host is in brackets.
std::string_view check_host_port(std::string_view value);
/// scheme://host[:port], scheme http or https, nothing after it.
std::string_view check_origin(std::string_view value);
/// "auto", or http://IP:PORT; an IPv6 address is in brackets.
std::string_view check_peer_url(std::string_view value);
/// What Kafka allows: up to 249 letters, digits, dots, dashes and underscores.
std::string_view check_topic_name(std::string_view value);
/// A name inside a token: printable ASCII without spaces, quotes and backslashes.
std::string_view check_token_name(std::string_view value);

}  // namespace annals::runtime
