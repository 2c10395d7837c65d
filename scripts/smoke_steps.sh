# The steps of ./dev smoke, in the order of the array. Sourced by scripts/smoke.sh; `docs/guides/first-
# hour.md` tells the same walk to people.
# shellcheck shell=bash

smoke_steps=(
    start_an_empty_instance
    bootstrap_the_first_person_and_organization
    a_second_bootstrap_is_refused
    log_in
    refresh_the_session
    ask_who_I_am
    rename_the_organization
    invite_a_second_person
    the_second_person_joins_and_logs_in
    the_member_creates_a_project
    the_member_creates_two_tasks
    change_a_task
    assign_a_task
    move_a_task
    a_full_column_refuses_a_third_task
    read_the_board
    list_tasks_page_by_page
    read_the_history_of_a_task
    a_viewer_reads_but_cannot_write
    a_second_organization_sees_nothing_of_the_first
    ids_of_others_do_not_exist
    an_idempotency_key_answers_twice_the_same
    bad_bodies_change_nothing
    see_the_events_in_PostgreSQL
    see_the_same_bytes_on_Kafka
    replay_a_stream
    verify_the_log
    kill_the_server_and_start_again
    everything_is_still_there
    archive_the_project
    stop_cleanly
)

readonly kAdmin='{"login":"ada@example.org","password":"correct horse battery staple"}'
readonly kMember='{"login":"max@example.org","password":"a quite different passphrase"}'
readonly kViewer='{"login":"vera@example.org","password":"only here to look around"}'

step_start_an_empty_instance() { fresh_up; }

step_bootstrap_the_first_person_and_organization() {
    local secret
    secret=$(jq -r .bootstrap_token "$run_json")
    bootstrap_body=$(jq -cn --arg token "$secret" --argjson login "$kAdmin" '{token: $token,
        email: $login.login, password: $login.password, display_name: "Ada",
        organization: {name: "First Light", slug: "first-light"}}')
    command_call 201 POST bootstrap "$bootstrap_body"
    org=$(field .tenant_id)
    admin_id=$(field .user_id)
    token=$(field .access_token)
    expect .token_type bearer
}

step_a_second_bootstrap_is_refused() {
    token="" call POST bootstrap "$bootstrap_body"
    expect_status 409
}

# log_in BODY: sets token and refresh_token.
log_in() {
    token="" call POST auth/login "$1"
    expect_status 200
    token=$(field .access_token)
    refresh_token=$(field .refresh_token)
}

# in_organization LOGIN ORG: the same login, for one of the person's organizations.
in_organization() { jq -c --arg tenant "$2" '. + {tenant: $tenant}' <<<"$1"; }

step_log_in() {
    log_in "$kAdmin"
    token="" call POST auth/login "${kAdmin/correct/wrong}"
    expect_status 401
}

step_refresh_the_session() {
    token="" call POST auth/refresh "{\"refresh_token\":\"$refresh_token\"}"
    expect_status 200
    token=$(field .access_token)
    refresh_token=$(field .refresh_token)
}

step_ask_who_I_am() {
    call GET auth/me
    expect_status 200
    grep -q "$admin_id" <<<"$http_body" || smoke_fail "auth/me does not name $admin_id:" "$http_body"
    token="" call GET auth/me
    expect_status 401
}

step_rename_the_organization() {
    command_call 200 PATCH "orgs/$org" '{"name":"First Light Ltd"}'
    query "orgs/$org"
    expect .name "First Light Ltd"
}

# invite EMAIL ROLE: sets invitation.
invite() {
    command_call 201 POST "orgs/$org/invitations" "{\"email\":\"$1\",\"roles\":[\"$2\"]}"
    invitation=$(field .token)
}

# join LOGIN NAME: accepts the invitation as a new person and logs in.
join() {
    local password
    password=$(jq -r .password <<<"$1")
    token="" call POST invitations/accept \
        "{\"token\":\"$invitation\",\"password\":\"$password\",\"display_name\":\"$2\"}"
    expect_status 201
    log_in "$1"
}

step_invite_a_second_person() { invite max@example.org member; }

step_the_second_person_joins_and_logs_in() {
    admin_token=$token
    join "$kMember" Max
    member_token=$token
    call GET auth/me
    member_id=$(field .person.id)
    expect .tenant "$org"
}

step_the_member_creates_a_project() {
    command_call 201 POST projects '{"name":"Launch","key":"LIGHT","columns":[
        {"name":"To do","category":"todo"},
        {"name":"Doing","category":"in_progress","wip_limit":1,"wip_mode":"block"},
        {"name":"Done","category":"done"}]}'
    project=$(field .id)
    query "projects/$project"
    expect .key LIGHT
    query projects
    expect '.items | length' 1
}

step_the_member_creates_two_tasks() {
    command_call 201 POST "projects/$project/tasks" '{"title":"Build the rocket"}'
    first_task=$(field .id)
    command_call 201 POST "projects/$project/tasks" '{"title":"Paint the rocket","priority":"low"}'
    second_task=$(field .id)
    query "tasks/$first_task"
    expect .key LIGHT-1
    query "tasks/$second_task"
    expect .key LIGHT-2
}

step_change_a_task() {
    command_call 200 PATCH "tasks/$first_task" '{"title":"Build a better rocket","priority":"urgent"}'
    query "tasks/$first_task"
    expect .title "Build a better rocket"
    expect .priority urgent
}

step_assign_a_task() {
    command_call 200 POST "tasks/$first_task/assign" "{\"members\":[\"$member_id\"]}"
    query "tasks/$first_task"
    grep -q "$member_id" <<<"$http_body" || smoke_fail "the task does not name its assignee:" "$http_body"
}

step_move_a_task() {
    query "projects/$project/board"
    doing=$(field '.columns[] | select(.name == "Doing") | .id')
    command_call 200 POST "tasks/$first_task/move" "{\"column\":\"$doing\"}"
}

step_a_full_column_refuses_a_third_task() {
    call POST "tasks/$second_task/move" "{\"column\":\"$doing\"}"
    ((http_status >= 400 && http_status < 500)) || expect_status 409
    grep -q WIP_LIMIT <<<"$http_body" || smoke_fail "the refusal does not say WIP_LIMIT:" "$http_body"
}

step_read_the_board() {
    query "projects/$project/board"
    expect '[.columns[] | select(.name == "Doing") | .tasks[].key] | join(" ")' LIGHT-1
}

step_list_tasks_page_by_page() {
    local cursor first
    query "tasks?project=$project&limit=1"
    expect '.items | length' 1
    expect .has_more true
    first=$(field '.items[0].id')
    cursor=$(field .next_cursor | jq -Rr @uri)
    query "tasks?project=$project&limit=1&cursor=$cursor"
    expect '.items | length' 1
    expect .has_more false
    [[ $(field '.items[0].id') != "$first" ]] || smoke_fail "both pages show the same task"
}

step_read_the_history_of_a_task() {
    query "tasks/$first_task/history"
    expect '.items | length' 4
}

step_a_viewer_reads_but_cannot_write() {
    token=$admin_token
    invite vera@example.org viewer
    join "$kViewer" Vera
    query "tasks/$first_task"
    call POST "projects/$project/tasks" '{"title":"Not mine to write"}'
    expect_status 403
    call PATCH "tasks/$first_task" '{"title":"Not mine to change"}'
    expect_status 403
}

step_a_second_organization_sees_nothing_of_the_first() {
    token=$admin_token
    command_call 201 POST orgs '{"name":"Another Light","slug":"another-light"}'
    other_org=$(field .id)
    query "orgs/$other_org"
    log_in "$(in_organization "$kAdmin" "$other_org")"
    command_call 201 POST projects '{"name":"Secret","key":"SECRET"}'
    other_project=$(field .id)
    command_call 201 POST "projects/$other_project/tasks" '{"title":"Nobody else may see this"}'
    other_task=$(field .id)
    query projects
    expect '[.items[].key] | join(" ")' SECRET
    call GET "tasks/$first_task"
    expect_status 404
}

step_ids_of_others_do_not_exist() {
    local path
    token=$member_token
    for path in "orgs/$other_org" "projects/$other_project" "projects/$other_project/board" \
        "tasks/$other_task" "tasks/$other_task/history"; do
        call GET "$path"
        expect_status 404
    done
    call PATCH "orgs/$other_org" '{"name":"Mine now"}'
    expect_status 404
    call PATCH "tasks/$other_task" '{"title":"Mine now"}'
    expect_status 404
    call POST "projects/$other_project/tasks" '{"title":"Mine now"}'
    expect_status 404
}

step_an_idempotency_key_answers_twice_the_same() {
    local key=01890000-0000-7000-8000-0000000000aa answer body='{"title":"Once only"}'
    local again=(-sS -m "$kSmokeSeconds" -H "Authorization: Bearer $token" -H 'Content-Type: application/json'
        -H "Idempotency-Key: $key" --data-binary "$body" "$api/projects/$project/tasks")
    answer=$(curl "${again[@]}")
    [[ $(curl "${again[@]}") == "$answer" ]] || smoke_fail "the second answer differs from $answer"
    http_body=$answer http_call="POST projects/$project/tasks"
    position=$(field .position)
    query "tasks?project=$project"
    expect '.items | length' 3
}

step_bad_bodies_change_nothing() {
    local before body
    before=$(sql 'select count(*) from log.event')
    for body in '{"title":' '{"title":""}' '{"title":7}' '{"titel":"x"}' '{"title":"a","title":"b"}' '[]'; do
        call POST "projects/$project/tasks" "$body"
        ((http_status == 400 || http_status == 422)) || expect_status 422
    done
    [[ $(sql 'select count(*) from log.event') == "$before" ]] || smoke_fail "a refused body left an event"
}

step_see_the_events_in_PostgreSQL() {
    local types
    types=$(sql "select string_agg(type, ' ' order by stream_version) from log.event
        where stream_id = '$first_task'")
    [[ $types == "prj.TaskCreated prj.TaskUpdated prj.TaskAssigned prj.TaskMoved" ]] ||
        smoke_fail "the first task's events are: $types"
}

# Every line of the log is on the topic, byte for byte, once, and nothing else.
topic_equals_log() {
    topic | LC_ALL=C sort >"$fresh_home/topic" && cmp -s "$fresh_home/topic" "$fresh_home/log"
}

step_see_the_same_bytes_on_Kafka() {
    sql 'select line from log.event' | LC_ALL=C sort >"$fresh_home/log"
    wait_until "$kSmokeSeconds" topic_equals_log ||
        smoke_fail "the topic has $(wc -l <"$fresh_home/topic") lines, the log $(wc -l <"$fresh_home/log")"
}

step_replay_a_stream() {
    local out=$fresh_home/replay
    "$annals_bin" replay --dsn "$dsn" --home "$fresh_home/home" --stream "$first_task" >"$out" 2>&1 ||
        smoke_fail "annals replay failed:" "$(tail -n 5 "$out")"
    grep -q prj.TaskMoved "$out" || smoke_fail "the replay does not show the move:" "$(<"$out")"
}

step_verify_the_log() {
    "$annals_bin" verify --dsn "$dsn" --home "$fresh_home/home" >"$fresh_home/verify" 2>&1 ||
        smoke_fail "annals verify found:" "$(tail -n 10 "$fresh_home/verify")"
}

step_kill_the_server_and_start_again() {
    events_before=$(sql 'select count(*) from log.event')
    kill -KILL "$(jq -r .pids.annals "$run_json")"
    wait_until "$kSmokeSeconds" process_is_gone "$fresh_up_pid" ||
        smoke_fail "./dev up did not notice the end"
    fresh_up
}

step_everything_is_still_there() {
    [[ $(sql 'select count(*) from log.event') == "$events_before" ]] ||
        smoke_fail "the log has another length"
    log_in "$kMember"
    member_token=$token
    query "tasks/$first_task"
    expect .title "Build a better rocket"
    query "projects/$project/board"
    expect '[.columns[] | select(.name == "Doing") | .tasks[].key] | join(" ")' LIGHT-1
    sql 'select line from log.event' | LC_ALL=C sort >"$fresh_home/log"
    wait_until "$kSmokeSeconds" topic_equals_log || smoke_fail "the topic differs from the log"
}

step_archive_the_project() {
    call POST "projects/$project/archive"
    expect_status 403  # a member works in projects, an admin manages them
    log_in "$(in_organization "$kAdmin" "$org")"
    command_call 200 POST "projects/$project/archive"
    query "projects/$project"
    expect .archived true
    call POST "projects/$project/tasks" '{"title":"Too late"}'
    ((http_status >= 400 && http_status < 500)) || expect_status 409
}

step_stop_cleanly() {
    local status=0
    kill -TERM "$fresh_up_pid"
    wait "$fresh_up_pid" || status=$?
    ((status == 0)) || smoke_fail "./dev up ended with status $status"
    [[ ! -e $run_json ]] || smoke_fail "run.json is still there"
}
