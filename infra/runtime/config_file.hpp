#pragma once

#include <string>
#include <vector>

namespace annals::runtime {

/// One key of a settings file. An array is joined by commas.
struct FileSetting {
    std::string name;
    std::string value;
    int line{0};
};

/// Reads a TOML file of plain top-level keys. Throws ConfigError ("annals.toml:3: ...") for a file that
/// cannot be read, is no TOML, or holds tables, dates or nested arrays.
std::vector<FileSetting> read_config_file(const std::string& path);

}  // namespace annals::runtime
