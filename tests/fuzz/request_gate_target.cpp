#include "api/http/problem.hpp"
#include "api/server/request_reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/request_reference.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace annals::test::fuzz {
namespace {

using server::HeaderScanner;
using server::InputBuffer;
using server::RequestReader;

constexpr std::size_t kRequestsMax = 64;

/// Limits so small that a fuzzer reaches each of them.
const server::ServerOptions& options() {
    static const server::ServerOptions kOptions = [] {
        server::ServerOptions options;
        options.limits.request_line_bytes_max = 200;
        options.limits.header_bytes_max = 400;
        options.limits.header_fields_max = 12;
        options.limits.body_bytes_max = 600;
        options.limits.chunk_header_bytes_max = 60;
        return options;
    }();
    return kOptions;
}

/// The bytes of one connection, as the server reads them: requests one after the other until one is refused
/// or the bytes end.
struct Connection {
    std::vector<std::unique_ptr<http::Request>> requests{};
    std::vector<std::size_t> ends{};  ///< where each request ends in the bytes
    std::string refusal{};            ///< the code; empty when nothing was refused
};

/// Hands out `bytes` in pieces and keeps count.
class Client {
public:
    Client(std::string_view bytes, std::size_t piece) : rest_(bytes), all_(bytes.size()), piece_(piece) {}

    bool send(InputBuffer& input) {
        if (rest_.empty()) return false;
        const std::size_t size = std::min(piece_, rest_.size());
        std::memcpy(input.prepare(size).data(), rest_.data(), size);
        input.commit(size);
        rest_.remove_prefix(size);
        return true;
    }
    [[nodiscard]] std::size_t read_so_far(const InputBuffer& input) const {
        return all_ - rest_.size() - input.size();
    }

private:
    std::string_view rest_;
    std::size_t all_;
    std::size_t piece_;
};

/// False when the bytes ended or something was refused.
bool read_one(Client& client, InputBuffer& input, Connection& connection) {
    HeaderScanner scanner(options().limits);
    HeaderScanner::State state = scanner.scan(input.text());
    while (state == HeaderScanner::State::incomplete) {
        if (!client.send(input)) return false;
        state = scanner.scan(input.text());
    }
    if (state == HeaderScanner::State::refused) {
        connection.refusal = scanner.refusal().code;
        return false;
    }
    auto request = std::make_unique<http::Request>();
    RequestReader reader(options(), *request);
    RequestReader::Step step = reader.read_header(input, scanner.header_size());
    if (step == RequestReader::Step::done) step = reader.read_body(input);
    while (step == RequestReader::Step::more) {
        if (!client.send(input)) return false;
        step = reader.read_body(input);
    }
    if (step == RequestReader::Step::refused) {
        connection.refusal = reader.refusal().code;
        return false;
    }
    connection.requests.push_back(std::move(request));
    connection.ends.push_back(client.read_so_far(input));
    return true;
}

Connection read_all(std::string_view bytes, std::size_t piece) {
    Connection connection;
    Client client(bytes, piece);
    InputBuffer input;
    while (connection.requests.size() < kRequestsMax && read_one(client, input, connection)) continue;
    return connection;
}

void check_refusal(const std::string& code) {
    constexpr std::array kStatuses{400, 405, 413, 414, 415, 417, 431, 505};
    if (code.empty()) return;
    const int status = http::make_problem(code, "").status;
    require(
        std::ranges::find(kStatuses, status) != kStatuses.end(), "refused with " + std::to_string(status)
    );
}

void check_request(const http::Request& request) {
    require(request.path.starts_with('/'), "a path does not start with a slash");
    require(std::ranges::find(request.segments, "..") == request.segments.end(), "a path goes up");
    require(request.body.size() <= options().limits.body_bytes_max, "a body is beyond its limit");
    require(request.headers.count("Host") <= 1, "two hosts passed");
    require(
        !request.headers.has("Content-Length") || !request.headers.has("Transfer-Encoding"),
        "two framings passed"
    );
}

/// What passed the gate is what any other reader of HTTP would have seen.
void check_against_reference(std::string_view bytes, const Connection& connection) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < connection.requests.size(); ++i) {
        const http::Request& request = *connection.requests[i];
        check_request(request);
        const auto reference = read_reference(bytes.substr(begin));
        require(reference.has_value(), "the gate let pass what is no request");
        require(begin + reference->size == connection.ends[i], "a request ends elsewhere");
        require(reference->method == http::to_string(request.method), "another method");
        require(reference->body == request.body, "another body");
        require(reference->fields.size() == request.headers.size(), "another number of fields");
        for (std::size_t field = 0; field < reference->fields.size(); ++field) {
            require(reference->fields[field].first == request.headers[field].name, "another field");
            require(reference->fields[field].second == request.headers[field].value, "another value");
        }
        begin = connection.ends[i];
    }
}

}  // namespace

void run_request_gate(std::string_view bytes) {
    const Connection whole = read_all(bytes, std::max<std::size_t>(bytes.size(), 1));
    check_against_reference(bytes, whole);
    check_refusal(whole.refusal);
    // However the bytes arrive, no other request comes of them. A limit may strike earlier in pieces, where
    // a line's end is not in sight yet.
    for (const std::size_t piece : {std::size_t{1}, 1 + bytes.size() / 3}) {
        const Connection pieces = read_all(bytes, piece);
        check_refusal(pieces.refusal);
        require(pieces.requests.size() <= whole.requests.size(), "pieces make more requests");
        require(
            pieces.requests.size() == whole.requests.size() || !pieces.refusal.empty(),
            "pieces make fewer requests and nothing is refused"
        );
        for (std::size_t i = 0; i < pieces.requests.size(); ++i) {
            require(pieces.ends[i] == whole.ends[i], "pieces end elsewhere");
            require(pieces.requests[i]->body == whole.requests[i]->body, "pieces make another body");
            require(pieces.requests[i]->path == whole.requests[i]->path, "pieces make another path");
        }
    }
}

}  // namespace annals::test::fuzz
