#include "infra/runtime/config_checks.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <string>

namespace annals::runtime {
namespace {

constexpr std::size_t kTopicNameLengthMax = 249;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_port(std::string_view text) {
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_host(std::string_view text) {
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
        return check_ip_address(text.substr(1, text.size() - 2)).empty();
    }
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
    });
}

}  // namespace

std::string_view check_ip_address(std::string_view value) {
    const std::string terminated{value};
    in6_addr parsed{};
    const bool is_address = ::inet_pton(AF_INET, terminated.c_str(), &parsed) == 1 ||
                            ::inet_pton(AF_INET6, terminated.c_str(), &parsed) == 1;
    return is_address ? "" : "is no IP address";
}

std::string_view check_host_port(std::string_view value) {
    const auto colon = value.rfind(':');
    const bool good = colon != std::string_view::npos && is_host(value.substr(0, colon)) &&
                      is_port(value.substr(colon + 1));
    return good ? "" : "is not HOST:PORT";
}

std::string_view check_origin(std::string_view value) {
    constexpr std::string_view kProblem = "is no origin such as https://app.example.org";
    const auto scheme = value.substr(0, value.find("://"));
    if (scheme.size() == value.size() || (scheme != "http" && scheme != "https")) return kProblem;
    const auto authority = value.substr(scheme.size() + 3);
    const bool good = is_host(authority) || check_host_port(authority).empty();
    return good ? "" : kProblem;
}

std::string_view check_peer_url(std::string_view value) {
    constexpr std::string_view kScheme = "http://";
    if (value == "auto") return "";
    const auto authority = value.starts_with(kScheme) ? value.substr(kScheme.size()) : std::string_view();
    auto host = authority.substr(0, authority.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const bool good = check_host_port(authority).empty() && check_ip_address(host).empty();
    return good ? "" : "is neither auto nor http://IP:PORT";
}

std::string_view check_topic_name(std::string_view value) {
    const bool good = value.size() <= kTopicNameLengthMax && value != "." && value != ".." &&
                      std::ranges::all_of(value, [](char c) {
                          return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
                      });
    return good ? "" : "is no Kafka topic name (letters, digits, '.', '-', '_')";
}

std::string_view check_token_name(std::string_view value) {
    const bool good =
        std::ranges::all_of(value, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
    return good ? "" : "holds a space, a quote or another character that cannot stand in a token";
}

}  // namespace annals::runtime
