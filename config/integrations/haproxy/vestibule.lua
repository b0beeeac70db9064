-- Asks Vestibule about a request, and answers in its name where it says no. HAProxy has an HTTP client of its own for Lua
-- since 2.5, so nothing else is needed.
--
-- A request may go on only when `txn.vestibule` is "passed" afterwards: it is set as the very last thing, because HAProxy
-- goes on to the next rule when a Lua action breaks off.

local listener = "http://127.0.0.1:9091"      -- forward_auth.listen
local url = listener .. "/.vestibule/auth/forwarded"

-- What the application is told, and by nobody else; its cookies come back without the gate's. Add the names of `headers` of
-- [identity] or of the site, if you changed them: a name that is missing here is a client's to choose.
local identity = { "remote-user", "remote-groups", "remote-name", "remote-email", "vestibule-assertion" }
-- What the gate judges by, beside what is said of the request itself. The body stays here.
local asked_with = {
    "cookie", "accept", "accept-language", "origin", "referer", "user-agent", "service-worker", "upgrade",
    "sec-websocket-key", "content-type", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-site",
}
-- What concerns one connection only, or is made anew; and what is for the application alone.
local not_relayed = { ["connection"] = true, ["content-length"] = true, ["transfer-encoding"] = true, ["keep-alive"] = true }
for _, name in ipairs(identity) do not_relayed[name] = true end

-- One spelling: CGI and its heirs read Remote_User and Remote.User as Remote-User.
local function folded(name)
    return (name:lower():gsub("[^%w]", "-"))
end

local function each(values)
    local list = {}
    -- HAProxy counts from 0.
    for index, value in pairs(values or {}) do list[#list + 1] = { index, value } end
    table.sort(list, function(a, b) return a[1] < b[1] end)
    local at = 0
    return function()
        at = at + 1
        if list[at] then return list[at][2] end
    end
end

local function relay(txn, answer)
    local reply = txn:reply({ status = answer.status })
    for name, values in pairs(answer.headers or {}) do
        if not not_relayed[name] then
            for value in each(values) do reply:add_header(name, value) end
        end
    end
    reply:set_body(answer.body or "")
    txn:done(reply)
end

core.register_action("vestibule", { "http-req" }, function(txn)
    local received = txn.http:req_get_headers()
    local headers = {
        ["x-forwarded-method"] = { txn.sf:method() },
        ["x-forwarded-proto"] = { txn:get_var("txn.scheme") },
        ["x-forwarded-host"] = { txn:get_var("txn.site") },
        ["x-forwarded-uri"] = { txn.sf:pathq() },       -- as received: what is judged is what goes on
        ["x-forwarded-for"] = { txn.sf:src() },
    }
    for _, name in ipairs(asked_with) do
        local values = {}
        for value in each(received[name]) do values[#values + 1] = value end
        if #values > 0 then headers[name] = name == "cookie" and { table.concat(values, "; ") } or values end
    end

    local answer = core.httpclient():get({ url = url, headers = headers, timeout = 5000 })
    if not answer or not answer.status or answer.status == 0 then
        return txn:done(txn:reply({ status = 503 }))
    end
    if answer.status ~= 200 then
        return relay(txn, answer)
    end

    -- Strip every spelling, then set.
    local ours = { cookie = true }
    for _, name in ipairs(identity) do ours[name] = true end
    for name in pairs(received) do
        local spelled = folded(name)
        if ours[spelled] or spelled:match("^vestibule%-") then txn.http:req_del_header(name) end
    end
    for name in pairs(ours) do
        local value = answer.headers[name] and answer.headers[name][0]
        if value and value ~= "" then txn.http:req_set_header(name, value) end
    end
    txn:set_var("txn.vestibule", "passed")
end)
