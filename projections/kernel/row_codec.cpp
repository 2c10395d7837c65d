#include "projections/kernel/row_codec.hpp"

#include "domain/contract/json_reader.hpp"
#include "domain/contract/json_writer.hpp"
#include "projections/kernel/row_set.hpp"

#include <charconv>

namespace annals {
namespace {

using contract::Kind;
using contract::TypeInfo;

ColumnKind kind_of(const TypeInfo& type) {
    switch (type.kind) {
        case Kind::boolean:
            return ColumnKind::boolean;
        case Kind::integer:
            return ColumnKind::integer;
        case Kind::enumeration:
            return ColumnKind::text;
        case Kind::optional:
            return kind_of(*type.element);
        case Kind::any:
            return ColumnKind::json_text;
        case Kind::text:
            if (type.rules.format == "uuid") return ColumnKind::uuid;
            if (type.rules.format == "date-time") return ColumnKind::instant;
            if (type.rules.format == "date") return ColumnKind::date;
            return ColumnKind::text;
        default:
            return ColumnKind::json_value;
    }
}

void write_value(const TypeInfo& type, const void* at, std::string& out) {
    switch (type.kind) {
        case Kind::boolean:
            out += type.get_boolean(at) ? 't' : 'f';
            return;
        case Kind::integer:
            contract::append_number(out, type.get_integer(at));
            return;
        case Kind::text:
        case Kind::enumeration:
        case Kind::any:
            type.write(at, out);
            return;
        default:
            contract::write_json(type, at, out);
    }
}

/// A value and its type; no value for null.
struct Cell {
    const TypeInfo* type;
    const void* at;
};

Cell cell_of(const SqlColumn& column, const void* row) {
    const TypeInfo* type = column.field->type;
    const void* at = column.field->at_const(row);
    if (type->kind != Kind::optional) return {type, at};
    return {type->element, type->container->size(at) == 0 ? nullptr : type->container->get(at, 0)};
}

[[noreturn]] void fail(const SqlColumn& column, std::string_view why) {
    throw ProjectionFault("column " + std::string(column.name) + " cannot be read: " + std::string(why));
}

/// PostgreSQL writes 2026-11-21 06:18:00.5+00; RFC 3339 has a T and minutes in the offset.
std::string rfc3339(std::string_view stored) {
    std::string text(stored);
    if (text.size() > 10) text[10] = 'T';
    const auto sign = text.find_last_of("+-");
    if (sign != std::string::npos && text.size() - sign == 3) text += ":00";
    return text;
}

void read_value(const SqlColumn& column, const TypeInfo& type, void* at, std::string_view text) {
    static thread_local contract::JsonDocument document;
    switch (type.kind) {
        case Kind::optional:
            read_value(column, *type.element, type.container->add(at), text);
            return;
        case Kind::boolean:
            type.set_boolean(at, text == "t" || text == "true");
            return;
        case Kind::integer: {
            std::int64_t number = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (error != std::errc{} || end != text.data() + text.size()) fail(column, "not a whole number");
            type.set_integer(at, number);
            return;
        }
        case Kind::text:
        case Kind::enumeration:
        case Kind::any: {
            const bool instant = column.kind == ColumnKind::instant;
            const std::string_view fault = instant ? type.read(at, rfc3339(text)) : type.read(at, text);
            if (!fault.empty()) fail(column, fault);
            return;
        }
        default: {
            if (const auto fault = document.parse(text)) fail(column, fault->code);
            const auto faults = document.read(type, at, contract::ReadMode::stored);
            if (!faults.empty()) fail(column, faults.front().pointer + " " + faults.front().code);
        }
    }
}

}  // namespace

std::vector<SqlColumn> columns_of(const TypeInfo& shape) {
    std::vector<SqlColumn> columns;
    columns.reserve(shape.fields.size());
    for (const contract::FieldInfo& field : shape.fields) {
        columns.push_back({field.name, &field, kind_of(*field.type)});
    }
    return columns;
}

std::string_view sql_type(ColumnKind kind) {
    switch (kind) {
        case ColumnKind::boolean:
            return "boolean";
        case ColumnKind::integer:
            return "bigint";
        case ColumnKind::text:
            return "text";
        case ColumnKind::uuid:
            return "uuid";
        case ColumnKind::instant:
            return "timestamptz";
        case ColumnKind::date:
            return "date";
        case ColumnKind::json_text:
            return "json";
        case ColumnKind::json_value:
            return "jsonb";
    }
    return "text";
}

std::string column_list(const TypeInfo& shape) {
    std::string list;
    for (const contract::FieldInfo& field : shape.fields) {
        if (!list.empty()) list += ", ";
        list += field.name;
    }
    return list;
}

bool write_cell(const SqlColumn& column, const void* row, std::string& out) {
    const Cell cell = cell_of(column, row);
    if (cell.at) write_value(*cell.type, cell.at, out);
    return cell.at != nullptr;
}

std::optional<std::int64_t> integer_cell(const SqlColumn& column, const void* row) {
    const Cell cell = cell_of(column, row);
    if (!cell.at) return std::nullopt;
    return cell.type->get_integer(cell.at);
}

void read_cell(const SqlColumn& column, void* row, std::optional<std::string_view> text) {
    if (text) read_value(column, *column.field->type, column.field->at(row), *text);
}

}  // namespace annals
