#include "domain/kernel/partitioning.hpp"
#include "infra/bench/answers.hpp"
#include "infra/bench/person_day.hpp"
#include "infra/bench/reconciliation.hpp"

#include <fmt/format.h>
#include <unordered_map>
#include <unordered_set>

namespace annals::bench {
namespace {

constexpr std::size_t kPagesMax = 20'000;
constexpr std::size_t kHistoriesChecked = 25;  ///< of each organization
constexpr std::size_t kHistoryPage = 200;

class QueryCheck {
public:
    QueryCheck(
        const TeamSettings& settings, Organization& organization, const DayLog& log, Findings& findings
    )
        : settings_(settings),
          organization_(organization),
          log_(log),
          findings_(findings),
          client_(settings.apis.front(), kAnswerWait) {}

    void run(const Position& last) {
        check_list("tasks", "task", fmt::format("&sort=created&min_position={}", last.to_string()));
        check_list("projects", "project", "");
        check_histories();
    }

private:
    std::string get(const std::string& path) {
        (void)keep_logged_in(client_, organization_.people.front());
        const auto answer = client_.exchange(write_request(
            settings_.apis.front(), "GET", "/api/v1/" + path,
            {"Authorization: Bearer " + organization_.people.front().access_token}, ""
        ));
        if (answer && answer->status == 200) return answer->body;
        findings_.add(
            Breach::diverged, fmt::format(
                                  "queries: GET {} answered {}", path,
                                  answer ? std::to_string(answer->status) + " " + answer->body
                                         : std::string(to_string(answer.error()))
                              )
        );
        return {};
    }

    /// Walks all pages of a list and compares them with the log's streams of the category.
    void check_list(const std::string& list, std::string_view category, const std::string& more) {
        std::unordered_set<Uuid> listed;
        std::string cursor;
        for (std::size_t page_number = 0; page_number < kPagesMax; ++page_number) {
            std::string path = fmt::format("{}?limit=200{}", list, more);
            if (!cursor.empty()) path += "&cursor=" + cursor;
            const auto page = read_page(get(path));
            if (!page)
                return findings_.add(
                    Breach::diverged, fmt::format("queries: {} of {} is no list", list, organization_.name)
                );
            for (const Item& item : page->items) {
                if (!listed.insert(item.id).second)
                    findings_.add(Breach::repeated, "queries: listed twice: " + item.id.to_string());
                check_item(item, category);
            }
            if (!page->next_cursor) break;
            cursor = *page->next_cursor;
        }
        for (const auto& [id, stream] : log_.streams()) {
            if (stream.tenant != organization_.id || stream.category != category || listed.contains(id))
                continue;
            findings_.add(
                Breach::lost, fmt::format("queries: {} {} is not listed", category, id.to_string())
            );
        }
    }

    void check_item(const Item& item, std::string_view category) {
        const auto found = log_.streams().find(item.id);
        const std::string id = item.id.to_string();
        if (found == log_.streams().end() || found->second.tenant != organization_.id) {
            return findings_.add(
                Breach::diverged,
                fmt::format("queries: {} {} is none of {}", category, id, organization_.name)
            );
        }
        if (static_cast<StreamVersion>(item.version) != found->second.version) {
            findings_.add(
                Breach::diverged, fmt::format(
                                      "queries: {} {} shows version {}, the log has {}", category, id,
                                      item.version, found->second.version
                                  )
            );
        }
        const std::string text = item.title ? *item.title : item.name.value_or("");
        if (!text.starts_with(marker_text(settings_.run, found->second.marker))) {
            findings_.add(
                Breach::diverged, fmt::format(
                                      "queries: {} {} shows \"{}\", the log's last text is {}", category, id,
                                      text, found->second.marker
                                  )
            );
        }
    }

    void check_histories() {
        std::size_t checked = 0;
        for (const auto& [id, stream] : log_.streams()) {
            if (stream.tenant != organization_.id || stream.category != "task") continue;
            if (stream.version > kHistoryPage) continue;
            if (checked++ == kHistoriesChecked) return;
            const auto page =
                read_page(get(fmt::format("tasks/{}/history?limit={}", id.to_string(), kHistoryPage)));
            if (page && page->items.size() == stream.version) continue;
            findings_.add(
                Breach::diverged, fmt::format(
                                      "queries: the history of {} has {} entries for {} versions",
                                      id.to_string(), page ? page->items.size() : 0, stream.version
                                  )
            );
        }
    }

    const TeamSettings& settings_;
    Organization& organization_;
    const DayLog& log_;
    Findings& findings_;
    HttpClient client_;
};

}  // namespace

void check_queries(
    const TeamSettings& settings, Team& team, const DayLog& log, std::uint32_t epoch, Findings& findings
) {
    for (const auto& organization : team) {
        const std::uint16_t partition = partition_of(organization->id, log.partitions());
        QueryCheck(settings, *organization, log, findings).run({epoch, partition, log.head(partition)});
    }
}

}  // namespace annals::bench
