// The queue file and what it answers.
#include "bindings.hpp"
#include "cxrelay/forget.hpp"
#include "cxrelay/queue.hpp"
#include "handle.hpp"
#include "raw_text.hpp"

namespace cxrelay::bindings {
namespace {

using QueueHandle = Handle<Queue>;

std::optional<State> parse_state(const std::optional<std::string>& word) {
  if (!word) return std::nullopt;
  for (const State state : {State::pending, State::in_flight, State::dead, State::parked}) {
    if (*word == to_text(state)) return state;
  }
  throw py::value_error("state must be pending, in_flight, dead or parked");
}

Outcome parse_outcome(std::string_view word) {
  for (const Outcome outcome : {Outcome::completed, Outcome::retry, Outcome::dead, Outcome::parked,
                                Outcome::split, Outcome::released}) {
    if (word == to_text(outcome)) return outcome;
  }
  throw py::value_error("outcome must be completed, retry, dead, parked, split or released");
}

ListFilter make_filter(const std::optional<std::string>& state,
                       std::optional<std::string> interaction_id, std::size_t limit,
                       std::string reason, int status, std::optional<std::int64_t> accepted_from_us,
                       std::optional<std::int64_t> accepted_until_us,
                       std::optional<bool> erased = {}) {
  return {.state = parse_state(state),
          .interaction_id = std::move(interaction_id),
          .limit = limit,
          .reason = std::move(reason),
          .status = status,
          .accepted_from_us = accepted_from_us,
          .accepted_until_us = accepted_until_us,
          .erased = erased};
}

ClaimLimits make_limits(std::size_t max_requests, std::size_t max_updates, std::string target) {
  ClaimLimits limits;
  limits.max_requests = max_requests;
  limits.max_updates = max_updates;
  limits.target = std::move(target);
  return limits;
}

Receipt put(QueueHandle& self, const std::string& key, const std::string& interaction_id,
            std::int64_t event_time_us, const py::bytes& original, const py::bytes& mapped,
            const std::string& mapping_version) {
  const NewUpdate update{key, interaction_id, event_time_us, original, mapped, mapping_version};
  const py::gil_scoped_release release;
  return std::move(self.get()->put(std::span(&update, 1)).front());
}

// The bytes of an item of `row`, a bytes or str, which owns them.
std::string_view view_of(const py::tuple& row, Py_ssize_t item) {
  PyObject* value = PyTuple_GET_ITEM(row.ptr(), item);
  if (PyBytes_Check(value) != 0) {
    return {PyBytes_AS_STRING(value), static_cast<std::size_t>(PyBytes_GET_SIZE(value))};
  }
  if (PyUnicode_Check(value) == 0) throw py::type_error("an update's texts are str or bytes");
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(value, &size);
  if (data == nullptr) throw py::error_already_set();
  return {data, static_cast<std::size_t>(size)};
}

std::int64_t integer_of(const py::tuple& row, Py_ssize_t item) {
  const long long value = PyLong_AsLongLong(PyTuple_GET_ITEM(row.ptr(), item));
  if (value == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return value;
}

// Views into the objects of a (key, interaction, time, original, mapped) tuple, which owns them. pybind11's own casts
// would note each of them in a table first.
NewUpdate read_put(const py::tuple& row, std::string_view mapping_version) {
  if (row.size() != 5) throw py::type_error("an update has five values");
  return {view_of(row, 0), view_of(row, 1), integer_of(row, 2),
          view_of(row, 3), view_of(row, 4), mapping_version};
}

std::vector<Receipt> put_many(QueueHandle& self, const py::sequence& rows,
                              const std::string& mapping_version) {
  std::vector<py::tuple> owners;  // another thread may change the list while the GIL is released
  std::vector<NewUpdate> updates;
  owners.reserve(rows.size());
  updates.reserve(rows.size());
  for (const auto& row : rows) {
    updates.push_back(
        read_put(owners.emplace_back(py::reinterpret_borrow<py::object>(row)), mapping_version));
  }
  const py::gil_scoped_release release;
  return self.get()->put(updates);
}

std::vector<Claim> claim_many(QueueHandle& self, std::size_t max_requests, std::size_t max_updates,
                              std::string target) {
  const auto limits = make_limits(max_requests, max_updates, std::move(target));
  const py::gil_scoped_release release;
  if (!self.get()->elect(limits)) return {};
  return self.get()->claim(limits);
}

std::optional<Claim> claim(QueueHandle& self, std::size_t max_updates, std::string target) {
  auto claims = claim_many(self, 1, max_updates, std::move(target));
  if (claims.empty()) return std::nullopt;
  return std::move(claims.front());
}

using OutcomeTuple = std::tuple<std::string, int, std::string, std::int64_t>;

void settle(QueueHandle& self, const Claim& claim, const std::vector<OutcomeTuple>& outcomes,
            int status) {
  Settlement settlement;
  settlement.token = claim.token;
  settlement.status = status;
  for (const auto& [word, item_status, reason, not_before_us] : outcomes) {
    settlement.outcomes.push_back({parse_outcome(word), item_status, "", reason, not_before_us});
  }
  const py::gil_scoped_release release;
  self.get()->settle(std::span(&settlement, 1));
}

SqlValue to_sql(const py::handle& value) {
  if (value.is_none()) return std::monostate{};
  if (PyLong_Check(value.ptr()) != 0) return value.cast<std::int64_t>();
  if (PyFloat_Check(value.ptr()) != 0) return value.cast<double>();
  if (PyBytes_Check(value.ptr()) != 0) {
    const RawText raw(value);
    const auto bytes = std::as_bytes(std::span(raw.view()));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }
  return value.cast<std::string>();
}

struct ToPython {
  py::object operator()(std::monostate) const { return py::none(); }
  py::object operator()(const std::vector<std::byte>& value) const {
    return py::bytes(reinterpret_cast<const char*>(value.data()), value.size());
  }
  py::object operator()(const auto& value) const { return py::cast(value); }
};

py::list query(QueueHandle& self, const std::string& sql, const py::sequence& parameters) {
  std::vector<SqlValue> values;
  for (const auto& parameter : parameters) values.push_back(to_sql(parameter));
  std::vector<std::vector<SqlValue>> rows;
  {
    const py::gil_scoped_release release;
    rows = query_sqlite(*self.get(), sql, values);
  }
  py::list out;
  for (const auto& row : rows) {
    py::tuple columns(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) columns[i] = std::visit(ToPython{}, row[i]);
    out.append(columns);
  }
  return out;
}

// Ctrl-C ends the copying.
void let_signals_in(std::int64_t, std::int64_t) {
  const py::gil_scoped_acquire acquired;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

BackupResult backup(QueueHandle& self, const std::string& path, std::int64_t max_log_bytes) {
  const py::gil_scoped_release release;
  return backup_sqlite(*self.get(), path,
                       {.max_log_bytes = max_log_bytes, .progress = let_signals_in});
}

py::dict forget(QueueHandle& queue, const std::string& audit_path,
                const std::string& interaction_id, const std::string& operator_name) {
  Forgotten done;
  {
    const py::gil_scoped_release release;
    done = forget_interaction(*queue.get(), audit_path, interaction_id, operator_name);
  }
  py::dict out;
  out["events"] = done.journal.events;
  out["erased"] = done.journal.erased;
  out["ended"] = done.journal.ended;
  out["record_seq"] = done.journal.record_seq;
  out["log_emptied"] = done.journal.log_emptied;
  out["rewritten"] = done.exported.rewritten;
  out["elsewhere"] = done.exported.elsewhere;
  py::list unseen;
  for (const auto& range : done.exported.unseen) {
    unseen.append(py::make_tuple(range.first, range.last));
  }
  out["unseen"] = unseen;
  return out;
}

// Ctrl-C is seen between two calls.
constexpr std::int64_t kRetainMs = 200;

Retained retain(QueueHandle& self, std::int64_t older_than_us, bool exported_only,
                std::size_t max_rows, std::int64_t max_ms, bool dry_run) {
  return self.get()->retain({.older_than_us = older_than_us,
                             .exported_only = exported_only,
                             .max_rows = max_rows,
                             .max_ms = max_ms,
                             .dry_run = dry_run});
}

void bind_values(py::module_& m) {
  py::class_<Receipt>(m, "Receipt")
      .def_property_readonly("status", [](const Receipt& self) { return to_text(self.status); })
      .def_readonly("seq", &Receipt::seq)
      .def_readonly("idempotency_key", &Receipt::idempotency_key)
      .def("__repr__", [](const Receipt& self) {
        return py::str("Receipt(status={!r}, seq={!r}, idempotency_key={!r})")
            .format(to_text(self.status), self.seq, self.idempotency_key);
      });
  py::class_<ClaimedUpdate>(m, "ClaimedUpdate")
      .def_readonly("seq", &ClaimedUpdate::seq)
      .def_readonly("idempotency_key", &ClaimedUpdate::idempotency_key)
      .def_readonly("interaction_id", &ClaimedUpdate::interaction_id)
      .def_readonly("event_time_us", &ClaimedUpdate::event_time_us)
      .def_readonly("accepted_us", &ClaimedUpdate::accepted_us)
      .def_readonly("attempts", &ClaimedUpdate::attempts)
      .def_readonly("payload", &ClaimedUpdate::payload)
      .def_readonly("merged", &ClaimedUpdate::merged);
  py::class_<UpdateInfo>(m, "Update")
      .def_readonly("seq", &UpdateInfo::seq)
      .def_readonly("idempotency_key", &UpdateInfo::idempotency_key)
      .def_readonly("interaction_id", &UpdateInfo::interaction_id)
      .def_readonly("event_time_us", &UpdateInfo::event_time_us)
      .def_readonly("accepted_us", &UpdateInfo::accepted_us)
      .def_property_readonly("state", [](const UpdateInfo& self) { return to_text(self.state); })
      .def_readonly("attempts", &UpdateInfo::attempts)
      .def_readonly("not_before_us", &UpdateInfo::not_before_us)
      .def_readonly("last_error", &UpdateInfo::last_error)
      .def_readonly("payload", &UpdateInfo::mapped)
      .def_readonly("erased", &UpdateInfo::erased);
  py::class_<Claim>(m, "Claim")
      .def_readonly("request_id", &Claim::request_id)
      .def_readonly("updates", &Claim::updates);
  py::class_<QueueStats>(m, "QueueStats")
      .def_readonly("pending", &QueueStats::pending)
      .def_readonly("delayed", &QueueStats::delayed)
      .def_readonly("in_flight", &QueueStats::in_flight)
      .def_readonly("completed", &QueueStats::completed)
      .def_readonly("dead", &QueueStats::dead)
      .def_readonly("parked", &QueueStats::parked)
      .def_readonly("superseded", &QueueStats::superseded)
      .def_readonly("accepted", &QueueStats::accepted)
      .def_readonly("empty", &QueueStats::empty)
      .def_readonly("rejected", &QueueStats::rejected)
      .def_readonly("requests", &QueueStats::requests)
      .def_readonly("attempts", &QueueStats::attempts)
      .def_readonly("journal_records", &QueueStats::journal_records)
      .def_readonly("exported_seq", &QueueStats::exported_seq)
      .def_readonly("oldest_pending_us", &QueueStats::oldest_pending_us)
      .def_readonly("first_seq", &QueueStats::first_seq)
      .def_readonly("erased_until_seq", &QueueStats::erased_until_seq)
      .def_readonly("held_up_by_seq", &QueueStats::held_up_by_seq);
  py::class_<Retained>(m, "Retained")
      .def_readonly("erased", &Retained::erased)
      .def_readonly("deleted", &Retained::deleted)
      .def_readonly("first_seq", &Retained::first_seq)
      .def_readonly("erased_until_seq", &Retained::erased_until_seq)
      .def_readonly("held_up_by_seq", &Retained::held_up_by_seq)
      .def_property_readonly("end", [](const Retained& self) { return to_text(self.end); });
  py::class_<CheckResult>(m, "CheckResult")
      .def_readonly("ok", &CheckResult::ok)
      .def_readonly("problems", &CheckResult::problems)
      .def_readonly("records", &CheckResult::records);
  py::class_<BackupResult>(m, "BackupResult")
      .def_readonly("bytes", &BackupResult::bytes)
      .def_readonly("records", &BackupResult::records);
}

void bind_handle(py::module_& m) {
  const auto release = py::call_guard<py::gil_scoped_release>();
  py::class_<QueueHandle>(m, "Queue")
      .def(py::init([](const std::string& path) {
             SqliteQueueOptions options;
             options.path = path;
             const py::gil_scoped_release unlocked;
             return QueueHandle(open_sqlite_queue(options), "queue");
           }),
           py::arg("path"))
      .def("put", &put, py::arg("idempotency_key"), py::arg("interaction_id"),
           py::arg("event_time_us"), py::arg("original"), py::arg("mapped"),
           py::arg("mapping_version") = "")
      .def("put_many", &put_many, py::arg("updates"), py::arg("mapping_version") = "")
      .def(
          "stats", [](QueueHandle& self) { return self.get()->stats(); }, release)
      .def(
          "list_updates",
          [](QueueHandle& self, const std::optional<std::string>& state,
             std::optional<std::string> interaction_id, std::size_t limit, std::string reason,
             int status, std::optional<std::int64_t> from_us, std::optional<std::int64_t> until_us,
             std::optional<bool> erased) {
            const auto filter = make_filter(state, std::move(interaction_id), limit,
                                            std::move(reason), status, from_us, until_us, erased);
            const py::gil_scoped_release unlocked;
            return self.get()->list(filter);
          },
          py::arg("state") = py::none(), py::arg("interaction_id") = py::none(),
          py::arg("limit") = 100, py::arg("reason") = "", py::arg("status") = 0,
          py::arg("accepted_from_us") = py::none(), py::arg("accepted_until_us") = py::none(),
          py::arg("erased") = py::none())
      .def(
          "find", [](QueueHandle& self, const std::string& key) { return self.get()->find(key); },
          py::arg("idempotency_key"), release)
      .def(
          "revivable",
          [](QueueHandle& self, const std::optional<std::string>& state,
             std::optional<std::string> interaction_id, std::size_t limit, std::string reason,
             int status, std::optional<std::int64_t> from_us,
             std::optional<std::int64_t> until_us) {
            const auto filter = make_filter(state, std::move(interaction_id), limit,
                                            std::move(reason), status, from_us, until_us);
            const py::gil_scoped_release unlocked;
            return self.get()->revivable(filter);
          },
          py::arg("state") = py::none(), py::arg("interaction_id") = py::none(),
          py::arg("limit") = 100, py::arg("reason") = "", py::arg("status") = 0,
          py::arg("accepted_from_us") = py::none(), py::arg("accepted_until_us") = py::none())
      .def(
          "revive",
          [](QueueHandle& self, const std::optional<std::string>& state,
             std::optional<std::string> interaction_id, std::size_t limit, const std::string& by,
             std::string reason, int status, std::optional<std::int64_t> from_us,
             std::optional<std::int64_t> until_us) {
            const auto filter = make_filter(state, std::move(interaction_id), limit,
                                            std::move(reason), status, from_us, until_us);
            const py::gil_scoped_release unlocked;
            return self.get()->revive(filter, by);
          },
          py::arg("state") = py::none(), py::arg("interaction_id") = py::none(),
          py::arg("limit") = 100, py::arg("operator_name") = "", py::arg("reason") = "",
          py::arg("status") = 0, py::arg("accepted_from_us") = py::none(),
          py::arg("accepted_until_us") = py::none())
      .def("retain", &retain, py::arg("older_than_us") = RetentionLimits{}.older_than_us,
           py::arg("exported_only") = true, py::arg("max_rows") = RetentionLimits{}.max_rows,
           py::arg("max_ms") = kRetainMs, py::arg("dry_run") = false, release)
      .def(
          "check", [](QueueHandle& self) { return self.get()->check(); }, release)
      .def("backup", &backup, py::arg("path"),
           py::arg("max_log_bytes") = BackupOptions{}.max_log_bytes)
      .def("claim", &claim, py::arg("max_updates") = 25, py::arg("target") = "")
      .def("claim_many", &claim_many, py::arg("max_requests"), py::arg("max_updates") = 25,
           py::arg("target") = "")
      .def("settle", &settle, py::arg("claim"), py::arg("outcomes"), py::arg("status") = 0)
      .def("query", &query, py::arg("sql"), py::arg("parameters") = py::tuple())
      .def(
          "resign", [](QueueHandle& self) { self.get()->resign(); }, release)
      .def("close", &QueueHandle::close, release);
}

}  // namespace

void bind_queue(py::module_& m) {
  bind_values(m);
  bind_handle(m);
  m.def("forget_interaction", &forget, py::arg("queue"), py::arg("audit_path"),
        py::arg("interaction_id"), py::arg("operator_name"));
}

}  // namespace cxrelay::bindings
