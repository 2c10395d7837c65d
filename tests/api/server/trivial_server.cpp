// A server whose handler does nothing, to measure what the HTTP layer itself costs:
//   trivial_server PORT IO_THREADS [async]
//   wrk -t1 -c64 -d5 http://127.0.0.1:PORT/
#include "api/http/dispatcher.hpp"
#include "api/server/http_server.hpp"

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fmt/format.h>
#include <mutex>
#include <thread>

namespace {

/// Answers from another thread in batches, like the writer of commands.
class Completer {
public:
    void push(annals::http::Respond respond) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(respond));
        ready_.notify_one();
    }

    [[noreturn]] void run() {
        std::deque<annals::http::Respond> batch;
        while (true) {
            {
                std::unique_lock lock(mutex_);
                ready_.wait(lock, [this] { return !waiting_.empty(); });
                batch.swap(waiting_);
            }
            for (annals::http::Respond& respond : batch)
                respond(annals::http::json_response(200, R"({"hello":"world"})"));
            batch.clear();
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<annals::http::Respond> waiting_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return EXIT_FAILURE;
    const bool async = argc > 3 && std::strcmp(argv[3], "async") == 0;
    auto* completer = new Completer;
    std::vector<annals::http::Endpoint> endpoints;
    endpoints.push_back({annals::http::Method::get, "/", [=](const auto&, annals::http::Respond respond) {
                             if (async) return completer->push(std::move(respond));
                             respond(annals::http::json_response(200, R"({"hello":"world"})"));
                         }});
    annals::server::ServerOptions options;
    options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    options.io_threads = static_cast<unsigned>(std::atoi(argv[2]));
    annals::server::HttpServer server(std::move(options));
    server.start(annals::http::make_dispatcher(std::move(endpoints), {}));
    fmt::print(stderr, "listening on {}\n", server.port());
    completer->run();
}
