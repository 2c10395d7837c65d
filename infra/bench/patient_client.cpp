#include "infra/bench/patient_client.hpp"

#include "infra/bench/answers.hpp"

#include <algorithm>
#include <thread>

namespace annals::bench {
namespace {

constexpr int kUnavailable = 503;
constexpr int kConflict = 409;

bool never_left(const std::expected<HttpAnswer, Lost>& answer) {
    return !answer && answer.error() == Lost::unreachable;
}

}  // namespace

bool is_unresolved(const std::expected<HttpAnswer, Lost>& answer) {
    if (!answer || answer->status == kUnavailable) return true;
    return answer->status == kConflict && read_problem_code(answer->body) == "IN_PROGRESS";
}

PatientClient::PatientClient(const std::vector<Endpoint>& targets, std::size_t first, Patience patience)
    : patience_(patience), index_(first % targets.size()) {
    for (const Endpoint& target : targets) {
        clients_.push_back(std::make_unique<HttpClient>(target, patience.answer_wait));
    }
}

void PatientClient::move_on() {
    index_ = (index_ + 1) % clients_.size();
}

std::expected<HttpAnswer, Lost> PatientClient::exchange(std::string_view request, bool repeatable) {
    const auto give_up = std::chrono::steady_clock::now() + patience_.give_up_after;
    auto pause = kTryPauseMin;
    auto answer = current().exchange(request);
    while (patience_.is_patient && is_unresolved(answer) && (repeatable || never_left(answer)) &&
           std::chrono::steady_clock::now() < give_up) {
        // The server that carries the request out is still the one to ask.
        if (!answer || answer->status == kUnavailable) move_on();
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, kTryPauseMax);
        answer = current().exchange(request);
    }
    if (patience_.is_patient && !answer) move_on();
    return answer;
}

}  // namespace annals::bench
