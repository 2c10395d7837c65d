#include "api/kernel/command_input.hpp"

#include "api/http/etag.hpp"
#include "api/http/idempotency_key.hpp"
#include "api/http/negotiation.hpp"
#include "domain/contract/describe.hpp"
#include "domain/contract/json_reader.hpp"
#include "domain/contract/json_writer.hpp"

#include <algorithm>

namespace annals::api {

BOOST_DESCRIBE_STRUCT(CommandForm, (), (type, id, command_id, expected_version, reason, effective_at, data))
BOOST_DESCRIBE_STRUCT(CommandBatch, (), (atomic, commands))

namespace {

http::Problem not_found() {
    return http::make_problem("NOT_FOUND", "there is nothing here for you under this id");
}

/// Reads the command's fields, which may be none at all.
std::expected<std::shared_ptr<void>, std::vector<FieldFault>> read_fields(
    const contract::CommandShape& shape, std::string_view body
) {
    auto command = shape.make();
    auto faults = contract::read_json(*shape.shape, body.empty() ? "{}" : body, command.get());
    if (!faults.empty()) return std::unexpected(std::move(faults));
    return command;
}

/// Sets the field that the path gives. The body must leave it out, which the reader has reported as missing.
std::expected<std::shared_ptr<void>, std::vector<FieldFault>> read_fields_with(
    const contract::CommandShape& shape, std::string_view body, std::string_view field, std::string_view value
) {
    auto command = shape.make();
    auto faults = contract::read_json(*shape.shape, body.empty() ? "{}" : body, command.get());
    const std::string pointer = "/" + std::string(field);
    const auto absent = std::ranges::find_if(faults, [&](const FieldFault& fault) {
        return fault.pointer == pointer && fault.code == "missing";
    });
    if (absent != faults.end()) {
        faults.erase(absent);
    } else if (faults.empty() || !faults.front().pointer.empty()) {
        faults.push_back({pointer, "unknown_field", "the path says this already"});
    }
    if (!faults.empty()) return std::unexpected(std::move(faults));
    for (const contract::FieldInfo& info : shape.shape->fields) {
        if (info.name == field) (void)info.type->read(info.at(command.get()), value);
    }
    return command;
}

/// The token vouches for whom it names. What a command names is looked at only when it is decided.
TenantId sender_of(const Principal& principal, TenantId realm) {
    const TenantId own = annals::realm_of(principal.user);
    return realm == own ? own : principal.tenant.value_or(own);
}

/// Of what a command with a chosen id founds. A repeat has to mean the same realm, because that is where it
/// is looked up; and nobody can choose the id of a realm.
Uuid realm_of_command(Cryptography& cryptography, UserId user, CommandId command) {
    return command_id_of_key(cryptography, user, "founds " + command.to_string()).value;
}

/// The id of the n-th command of a request that has one id: the same in every process that reads it.
CommandId numbered(CommandId id, std::size_t index) {
    for (std::size_t at = id.value.bytes.size(); index > 0 && at > 10; index >>= 8U) {
        --at;
        index += id.value.bytes[at];
        id.value.bytes[at] = static_cast<std::uint8_t>(index & 0xffU);
    }
    return id;
}

}  // namespace

const contract::TypeInfo* command_form_info() {
    return contract::type_info<CommandForm>();
}
const contract::TypeInfo* command_batch_info() {
    return contract::type_info<CommandBatch>();
}

http::Problem faults_problem(std::vector<FieldFault> faults, const std::string& pointer) {
    const bool unparsed =
        faults.size() == 1 && faults.front().pointer.empty() && faults.front().code != "wrong_type";
    http::Problem problem =
        unparsed ? http::make_problem("MALFORMED_JSON", faults.front().detail)
                 : http::make_problem("VALIDATION_FAILED", "the request has fields that cannot be accepted");
    for (FieldFault& fault : faults) fault.pointer.insert(0, pointer);
    problem.errors = std::move(faults);
    return problem;
}

CommandId command_id_of_key(Cryptography& cryptography, UserId user, std::string_view key) {
    if (const auto id = CommandId::parse(key)) return *id;
    std::string text = user.to_string();
    text += ' ';
    text += key;
    const Digest digest = cryptography.sha256(text);
    CommandId id;
    std::copy_n(digest.begin(), id.value.bytes.size(), id.value.bytes.begin());
    id.value.bytes[6] = static_cast<std::uint8_t>(0x80U | (id.value.bytes[6] & 0x0FU));
    id.value.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.value.bytes[8] & 0x3FU));
    return id;
}

CommandRequest CommandInput::base(const CommandType& type, TenantId realm, Uuid target) const {
    CommandRequest command;
    command.type = &type;
    command.target = target;
    // What is founded under a chosen id may have been founded before.
    command.fresh_target = type.target == Target::creates && !type.target_is_realm;
    command.realm = realm;
    command.sender = sender_of(principal_, realm);
    command.actor = {contract::ActorKind::user, principal_.user.value, std::nullopt};
    command.session = principal_.session;
    command.request_id = request_.request_id;
    command.client_address = request_.remote_address;
    command.traceparent = request_.traceparent;
    return command;
}

/// What makes a repeat the same request: who, what, to which stream, with which fields. A created stream's id
/// is made anew for each try and is left out.
void CommandInput::identify(
    CommandRequest& request, const std::optional<CommandId>& chosen, std::size_t index
) const {
    const auto given = CommandId::parse(request_.command_id);
    request.repeatable = chosen.has_value() || (given && request_.in_doubt);
    request.passed_on = request_.passed_on;
    request.command_id = chosen ? *chosen : given ? numbered(*given, index) : CommandId{ids_.next()};
    std::string text(request.type->name());
    text += ' ';
    text += principal_.user.to_string();
    if (request.type->target == Target::existing) text += ' ' + request.target.to_string();
    if (request.expected_version) text += " @" + std::to_string(*request.expected_version);
    text += ' ';
    contract::write_json(*request.type->shape->shape, request.command.get(), text);
    if (request.effective_at) text += " at " + request.effective_at->to_string();
    if (!request.reason.empty()) text += " because " + request.reason;
    request.request_hash = cryptography_.sha256(text);
}

std::expected<TenantId, http::Problem> CommandInput::realm_of_route(const CommandRoute& route) const {
    if (route.realm == Realm::path) {
        const auto org = TenantId::parse(request_.parameters["org"]);
        if (!org) return std::unexpected(not_found());
        return *org;
    }
    if (route.realm == Realm::person) return annals::realm_of(principal_.user);
    if (!principal_.tenant) {
        return std::unexpected(http::make_problem("FORBIDDEN", "this session does not act in an organization")
        );
    }
    return *principal_.tenant;
}

std::optional<http::Problem> CommandInput::take_condition(CommandRequest& command) const {
    using Kind = http::VersionCondition::Kind;
    const auto condition = http::read_version_condition(request_);
    if (!condition) return condition.error();
    const bool creates = command.type->target == Target::creates;
    if (condition->kind == Kind::one_of)
        return http::make_problem("BAD_REQUEST", "If-Match takes one entity tag on a command");
    if (condition->kind == Kind::none && !creates)
        return http::to_problem(
            reject("VERSION_CONFLICT", "If-None-Match: * asks for what is not there"), true
        );
    if (condition->kind == Kind::exists && creates)
        return http::to_problem(reject("VERSION_CONFLICT", "If-Match: * asks for what is there"), true);
    if (condition->kind == Kind::exact) command.expected_version = condition->versions.front();
    return std::nullopt;
}

std::expected<CommandRequest, http::Problem> CommandInput::from_route(const CommandRoute& route) const {
    if (!request_.body.empty()) {
        if (auto problem = http::require_json_body(request_)) return std::unexpected(std::move(*problem));
    }
    Uuid target = ids_.next();
    if (!route.target_parameter.empty()) {
        const auto id = Uuid::parse(request_.parameters[route.target_parameter]);
        if (!id) return std::unexpected(not_found());
        target = *id;
    }
    const auto key = http::read_idempotency_key(request_);
    if (!key) return std::unexpected(key.error());
    std::optional<CommandId> chosen;
    if (*key) chosen = command_id_of_key(cryptography_, principal_.user, **key);
    const bool own_realm = route.type->target_is_realm && route.type->target == Target::creates;
    if (own_realm && chosen) target = realm_of_command(cryptography_, principal_.user, *chosen);
    const auto realm = own_realm ? TenantId{target} : realm_of_route(route);
    if (!realm) return std::unexpected(realm.error());

    CommandRequest command = base(*route.type, *realm, target);
    if (route.field.empty()) {
        auto fields = read_fields(*route.type->shape, request_.body);
        if (!fields) return std::unexpected(faults_problem(std::move(fields).error()));
        command.command = std::move(*fields);
    } else {
        const auto value = request_.parameters[route.field_parameter];
        if (!Uuid::parse(value)) return std::unexpected(not_found());
        auto fields = read_fields_with(*route.type->shape, request_.body, route.field, value);
        if (!fields) return std::unexpected(faults_problem(std::move(fields).error()));
        command.command = std::move(*fields);
    }
    if (auto problem = take_condition(command)) return std::unexpected(std::move(*problem));
    identify(command, chosen, 0);
    return command;
}

std::expected<CommandRequest, http::Problem> CommandInput::from_form(
    const CommandForm& form, const std::string& pointer, std::size_t index
) const {
    const CommandType* type = find_command(form.type);
    if (type == nullptr || type->access == Access::internal) {
        return std::unexpected(
            faults_problem({{"/type", "not_one_of", "there is no command " + form.type}}, pointer)
        );
    }
    const bool creates = type->target == Target::creates;
    if (creates == form.id.has_value()) {
        return std::unexpected(faults_problem(
            {{"/id", creates ? "unknown_field" : "missing",
              creates ? "the id of what is created is made by the server"
                      : "the command needs the id of its target"}},
            pointer
        ));
    }
    // Who founds a realm is looked up there: two processes that decide the same command must mean the same
    // one.
    const auto given = CommandId::parse(request_.command_id);
    const Uuid made = given ? numbered(*given, index).value : ids_.next();
    Uuid target = creates ? made : *form.id;
    if (creates && type->target_is_realm && form.command_id)
        target = realm_of_command(cryptography_, principal_.user, *form.command_id);
    if (!type->target_is_realm && !principal_.tenant) {
        return std::unexpected(http::make_problem("FORBIDDEN", "this session does not act in an organization")
        );
    }
    CommandRequest command =
        base(*type, type->target_is_realm ? TenantId{target} : *principal_.tenant, target);
    auto fields = read_fields(*type->shape, form.data ? std::string_view(*form.data) : std::string_view());
    if (!fields) return std::unexpected(faults_problem(std::move(fields).error(), pointer + "/data"));
    command.command = std::move(*fields);
    if (form.expected_version)
        command.expected_version = static_cast<StreamVersion>(form.expected_version->value);
    if (form.reason) command.reason = form.reason->str();
    command.effective_at = form.effective_at;
    identify(command, form.command_id, index);
    return command;
}

}  // namespace annals::api
