#include "api/kernel/command_input.hpp"
#include "commands/catalogue.hpp"
#include "domain/contract/describe.hpp"
#include "domain/contract/json_reader.hpp"
#include "domain/contract/json_writer.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <memory>

// The body of POST /api/v1/commands, and the fields of the command it names.
namespace annals::test::fuzz {
namespace {

using contract::TypeInfo;

bool is_pointer(std::string_view pointer) {
    if (!pointer.empty() && pointer.front() != '/') return false;
    for (std::size_t at = pointer.find('~'); at != std::string_view::npos; at = pointer.find('~', at + 1)) {
        const bool escaped = at + 1 < pointer.size() && (pointer[at + 1] == '0' || pointer[at + 1] == '1');
        if (!escaped) return false;
    }
    return true;
}

/// What the client is told: a 4xx problem that is JSON, and where each fault is.
void check_refusal(std::vector<FieldFault> faults) {
    require(faults.size() <= contract::kFaultsMax, "more faults than are told");
    const http::Problem problem = api::faults_problem(std::move(faults));
    require(problem.status >= 400 && problem.status < 500, "not refused as the client's fault");
    require(!problem.errors.empty(), "refused without saying what");
    for (const FieldFault& fault : problem.errors) {
        require(!fault.code.empty() && !fault.detail.empty(), "a fault without words");
        require(is_pointer(fault.pointer), "no JSON pointer: " + fault.pointer);
    }
    contract::JsonDocument document;
    require(!document.parse(http::problem_response("id", problem).body), "the problem is no JSON");
}

std::string written(const TypeInfo& type, const void* value) {
    std::string text;
    contract::write_json(type, value, text);
    return text;
}

/// Reads strictly. What was read is written so that it reads as the same; otherwise nothing.
std::shared_ptr<void> read_and_repeat(
    const TypeInfo& type, const std::function<std::shared_ptr<void>()>& make, std::string_view text
) {
    auto value = make();
    auto faults = contract::read_json(type, text, value.get());
    if (!faults.empty()) {
        check_refusal(std::move(faults));
        return nullptr;
    }
    const std::string once = written(type, value.get());
    auto again = make();
    const auto none = contract::read_json(type, once, again.get());
    require(none.empty(), "what was written is refused: " + once);
    require(written(type, again.get()) == once, "what was written reads as something else: " + once);
    return value;
}

void read_form(const api::CommandForm& form) {
    const CommandType* type = find_command(form.type);
    if (type == nullptr || !form.data) return;
    read_and_repeat(*type->shape->shape, type->shape->make, *form.data);
}

}  // namespace

void run_command(std::string_view bytes) {
    const auto form = read_and_repeat(
        *api::command_form_info(), [] { return std::make_shared<api::CommandForm>(); }, bytes
    );
    if (form) read_form(*static_cast<const api::CommandForm*>(form.get()));
    const auto batch = read_and_repeat(
        *api::command_batch_info(), [] { return std::make_shared<api::CommandBatch>(); }, bytes
    );
    if (!batch) return;
    for (const api::CommandForm& item : static_cast<const api::CommandBatch*>(batch.get())->commands) {
        read_form(item);
    }
}

}  // namespace annals::test::fuzz
