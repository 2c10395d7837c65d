#include "infra/runtime/process_metrics.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <sstream>
#include <unistd.h>

namespace annals::runtime {
namespace {

std::string read_file(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

double boot_time_s() {
    const auto text = read_file("/proc/stat");
    constexpr std::string_view kKey = "\nbtime ";
    const auto found = text.find(kKey);
    return found == std::string::npos ? 0 : std::strtod(text.c_str() + found + kKey.size(), nullptr);
}

std::uint64_t count_open_fds() {
    std::error_code error;
    const std::filesystem::directory_iterator entries("/proc/self/fd", error);
    if (error) return 0;
    // One of the entries is the listing itself.
    return static_cast<std::uint64_t>(std::distance(begin(entries), end(entries))) - 1;
}

void append_metric(
    std::string& out, std::string_view name, std::string_view kind, std::string_view help, double value
) {
    fmt::format_to(
        std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, kind, value
    );
}

}  // namespace

std::optional<ProcessUsage> read_process_usage() {
    const auto stat = read_file("/proc/self/stat");
    // The command's name is in parentheses and may hold anything; the fields are counted from behind it.
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields(stat.substr(name_end + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;  // up to field 13 of proc(5)
    std::uint64_t user_ticks = 0, system_ticks = 0, threads = 0, start_ticks = 0, resident_pages = 0;
    std::int64_t children_user = 0, children_system = 0, priority = 0, nice = 0, interval = 0,
                 virtual_bytes = 0;
    fields >> user_ticks >> system_ticks >> children_user >> children_system >> priority >> nice >> threads >>
        interval >> start_ticks >> virtual_bytes >> resident_pages;
    if (!fields) return std::nullopt;

    const auto ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
    static const double kBootS = boot_time_s();
    return ProcessUsage{
        .resident_bytes = resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
        .cpu_s = static_cast<double>(user_ticks + system_ticks) / ticks_per_s,
        .threads = threads,
        .open_fds = count_open_fds(),
        .started_at_s = kBootS + static_cast<double>(start_ticks) / ticks_per_s,
    };
}

std::string render_process_metrics() {
    const auto usage = read_process_usage();
    if (!usage) return {};
    std::string out;
    append_metric(
        out, "process_cpu_seconds_total", "counter", "CPU time used, user and system.", usage->cpu_s
    );
    append_metric(
        out, "process_resident_memory_bytes", "gauge", "Memory resident in RAM.",
        static_cast<double>(usage->resident_bytes)
    );
    append_metric(out, "process_threads", "gauge", "Threads.", static_cast<double>(usage->threads));
    append_metric(
        out, "process_open_fds", "gauge", "Open file descriptors.", static_cast<double>(usage->open_fds)
    );
    append_metric(
        out, "process_start_time_seconds", "gauge", "Start of the process, seconds since 1970.",
        usage->started_at_s
    );
    return out;
}

}  // namespace annals::runtime
