// The relay: settings in, receipts and counts out.
#include <algorithm>

#include "bindings.hpp"
#include "cxrelay/relay.hpp"
#include "handle.hpp"
#include "log_queue.hpp"
#include "raw_text.hpp"
#include "relay_settings.hpp"

namespace cxrelay::bindings {
namespace {

// A flush is made in slices, so that Ctrl-C and other signals are seen in this time.
constexpr std::int64_t kSliceMs = 100;

class RelayHandle : public Handle<Relay> {
 public:
  RelayHandle(std::shared_ptr<Relay> relay, std::shared_ptr<LogQueue> logs)
      : Handle(std::move(relay), "relay"), logs_(std::move(logs)) {}
  RelayHandle(RelayHandle&&) noexcept = default;
  ~RelayHandle() {
    if (logs_ != nullptr) close();
  }

  // Ends the sending first: its last lines come before the end of the log.
  void close() {
    Handle::close();
    logs_->close();
  }
  std::shared_ptr<LogQueue> logs() const { return logs_; }

 private:
  std::shared_ptr<LogQueue> logs_;
};

RelayHandle open_relay(const py::dict& settings, const Mapping& mapping) {
  auto logs = std::make_shared<LogQueue>();
  RelayConfig config = read_settings(settings);
  config.updater.log = [logs](LogLine line) { logs->push(std::move(line)); };
  const py::gil_scoped_release release;
  return {std::make_shared<Relay>(std::move(config), mapping), std::move(logs)};
}

// The relay's queue; keeps the relay alive.
Handle<Queue> queue_of(const RelayHandle& self) {
  const auto relay = self.get();
  return {std::shared_ptr<Queue>(relay, &relay->queue()), "queue"};
}

py::object to_python(IngestResult&& result) {
  if (auto* receipt = std::get_if<Receipt>(&result)) return py::cast(std::move(*receipt));
  return details_list(std::get<std::vector<ErrorDetail>>(result));
}

py::object ingest(RelayHandle& self, const py::object& body) {
  const RawText raw(body);
  IngestResult result;
  {
    const py::gil_scoped_release release;
    result = self.get()->ingest(raw.view());
  }
  return to_python(std::move(result));
}

py::list ingest_many(RelayHandle& self, const py::sequence& bodies) {
  std::vector<RawText> raws;
  std::vector<std::string_view> views;
  raws.reserve(bodies.size());
  views.reserve(bodies.size());
  for (const auto& body : bodies) views.push_back(raws.emplace_back(body).view());
  std::vector<IngestResult> results;
  {
    const py::gil_scoped_release release;
    results = self.get()->ingest_many(views);
  }
  py::list out(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) out[i] = to_python(std::move(results[i]));
  return out;
}

std::string_view flush(RelayHandle& self, std::optional<double> timeout_s) {
  std::int64_t left_ms = timeout_s ? static_cast<std::int64_t>(*timeout_s * 1000.0) : -1;
  for (;;) {
    const auto slice = left_ms < 0 ? kSliceMs : std::min(left_ms, kSliceMs);
    StopReason reason;
    {
      const py::gil_scoped_release release;
      reason = self.get()->flush(slice);
    }
    if (reason != StopReason::timeout) return to_text(reason);
    if (left_ms >= 0) left_ms -= slice;
    const bool interrupted = PyErr_CheckSignals() != 0;
    if (interrupted || left_ms == 0) {
      {
        const py::gil_scoped_release release;
        self.get()->stop_sending(interrupted ? 0 : -1);
      }
      if (interrupted) throw py::error_already_set();
      return to_text(StopReason::timeout);
    }
  }
}

std::int64_t to_ms(double seconds) { return static_cast<std::int64_t>(seconds * 1000.0); }

using Lines = std::vector<std::pair<int, std::string>>;

std::optional<Lines> take_lines(LogQueue& self, double timeout_s) {
  auto lines = self.take(std::chrono::milliseconds(to_ms(timeout_s)));
  if (!lines) return std::nullopt;
  Lines out;
  for (auto& line : *lines) out.emplace_back(line.level, std::move(line.message));
  return out;
}

}  // namespace

void bind_relay(py::module_& m) {
  const auto release = py::call_guard<py::gil_scoped_release>();
  py::class_<TargetState>(m, "TargetState")
      .def_readonly("gate_closed_ms", &TargetState::gate_closed_ms)
      .def_property_readonly("breaker",
                             [](const TargetState& self) { return to_text(self.breaker); })
      .def_readonly("retry_tokens", &TargetState::retry_tokens)
      .def_readonly("requests_per_s", &TargetState::requests_per_s)
      .def_readonly("batch_updates", &TargetState::batch_updates);
  py::class_<UpdaterStats>(m, "UpdaterStats")
      .def_readonly("requests", &UpdaterStats::requests)
      .def_readonly("completed", &UpdaterStats::completed)
      .def_readonly("retried", &UpdaterStats::retried)
      .def_readonly("dead", &UpdaterStats::dead)
      .def_readonly("parked", &UpdaterStats::parked)
      .def_readonly("split", &UpdaterStats::split)
      .def_readonly("not_sent", &UpdaterStats::not_sent)
      .def_readonly("throttled", &UpdaterStats::throttled)
      .def_readonly("target", &UpdaterStats::target);
  py::class_<AuditStats>(m, "AuditStats")
      .def_readonly("exported_seq", &AuditStats::exported_seq)
      .def_readonly("backlog_records", &AuditStats::backlog_records)
      .def_readonly("failures", &AuditStats::failures)
      .def_readonly("last_error", &AuditStats::last_error);
  py::class_<LogQueue, std::shared_ptr<LogQueue>>(m, "LogQueue")
      .def("take", &take_lines, py::arg("timeout_s") = 0.0, release);
  py::class_<RelayHandle>(m, "Relay")
      .def(py::init(&open_relay), py::arg("settings"), py::arg("mapping"))
      .def("ingest", &ingest, py::arg("body"))
      .def("ingest_many", &ingest_many, py::arg("bodies"))
      .def("flush", &flush, py::arg("timeout_s") = py::none())
      .def(
          "start", [](RelayHandle& self) { self.get()->start(); }, release)
      .def(
          "stop", [](RelayHandle& self, double timeout_s) { self.get()->stop(to_ms(timeout_s)); },
          py::arg("timeout_s") = 30.0, release)
      .def("stop_reason", [](RelayHandle& self) { return to_text(self.get()->stop_reason()); })
      .def(
          "export_audit", [](RelayHandle& self) { return self.get()->export_audit(); }, release)
      .def(
          "retain",
          [](RelayHandle& self, double max_s) { return self.get()->retain(to_ms(max_s)); },
          py::arg("max_s") = 0.2, release)
      .def(
          "check_scopes", [](RelayHandle& self) { return self.get()->check_scopes(); }, release)
      .def(
          "token", [](RelayHandle& self) { return self.get()->tokens().token(); }, release)
      .def("updater_stats", [](RelayHandle& self) { return self.get()->updater_stats(); })
      .def(
          "audit_stats",
          [](RelayHandle& self, const QueueStats& queue) { return self.get()->audit_stats(queue); },
          py::arg("queue"))
      .def_property_readonly("logs", &RelayHandle::logs)
      .def_property_readonly("queue", &queue_of)
      .def(
          "close", [](RelayHandle& self) { self.close(); }, release);
}

}  // namespace cxrelay::bindings
