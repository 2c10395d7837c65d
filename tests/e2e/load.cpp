#include "tests/e2e/load.hpp"

#include <fmt/format.h>

namespace annals::test {
namespace {

constexpr std::chrono::seconds kAnswerLimit{5};
constexpr std::chrono::milliseconds kRetryPause{5};

/// Two loads on one instance must not repeat each other's commands.
std::string next_name() {
    static std::atomic<int> count{0};
    return fmt::format("load-{}", ++count);
}

}  // namespace

Load::Load(const ServedInstance& instance, const std::string& token, std::vector<std::string> projects)
    : token_(token), name_(next_name()), endpoint_(instance.endpoint()) {
    for (std::size_t i = 0; i < projects.size(); ++i) {
        clients_.emplace_back([this, i, project = projects[i]] { run(i, project); });
    }
}

Load::~Load() {
    (void)finish();
}

void Load::move_to(const bench::Endpoint& endpoint) {
    const std::scoped_lock lock(mutex_);
    endpoint_ = endpoint;
}

bench::Endpoint Load::endpoint() {
    const std::scoped_lock lock(mutex_);
    return endpoint_;
}

std::vector<Load::Acknowledged> Load::finish() {
    stopping_ = true;
    for (std::thread& client : clients_) client.join();
    clients_.clear();
    const std::scoped_lock lock(mutex_);
    return done_;
}

std::vector<std::string> Load::unexpected() {
    const std::scoped_lock lock(mutex_);
    return unexpected_;
}

void Load::run(std::size_t client, const std::string& project) {
    auto http = std::make_unique<bench::HttpClient>(endpoint(), kAnswerLimit);
    for (int number = 0; !stopping_; ++number) {
        const std::string title = fmt::format("{}-client-{}-task-{}", name_, client, number);
        // Until there is an answer the command may or may not have happened; the key lets it happen once.
        while (!stopping_) {
            const auto answer = http->exchange(bench::write_request(
                http->endpoint(), "POST", fmt::format("{}/projects/{}/tasks", kApi, project),
                {"Authorization: Bearer " + token_, "Content-Type: application/json",
                 "Idempotency-Key: " + title},
                fmt::format(R"({{"title":"{}"}})", title)
            ));
            if (answer && answer->status == 201) {
                const Json json = Json::parse(answer->body);
                const std::scoped_lock lock(mutex_);
                done_.push_back({title, json.text("/id"), json.text("/position")});
                ++count_;
                break;
            }
            if (answer && answer->status != 503 && answer->status != 409) {
                const std::scoped_lock lock(mutex_);
                unexpected_.push_back(fmt::format("{} {}", answer->status, answer->body));
            }
            std::this_thread::sleep_for(kRetryPause);
            if (!answer) http = std::make_unique<bench::HttpClient>(endpoint(), kAnswerLimit);
        }
    }
}

}  // namespace annals::test
