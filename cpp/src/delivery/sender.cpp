#include "delivery/sender.hpp"

#include <algorithm>
#include <utility>

#include "base/secret_text.hpp"

namespace cxrelay::delivery {
namespace {

using std::chrono::milliseconds;

// Nothing depends on it: transport.wake() ends every wait that must end.
constexpr milliseconds kLongWait{60'000};

HttpRequest read_request(const Target& target, const Job& job) {
  const std::size_t place = job.places_to_read[job.reads.size()];
  HttpRequest request = encode_read_back(target, job.claim.updates[place].interaction_id);
  request.headers.push_back("Authorization: Bearer " + job.token);
  return request;
}

}  // namespace

Sender::Sender(const Parts& parts, HttpTransport& transport)
    : parts_(parts), exchange_(*parts.exchange), transport_(transport) {
  slots_.resize(parts.options.max_in_flight);
  for (std::size_t i = slots_.size(); i > 0; --i) free_.push_back(i - 1);
}

void Sender::run() noexcept {
  try {
    loop();
  } catch (const std::exception& error) {
    parts_.reporter.failed(why(error));
    exchange_.end(StopReason::failed);
  }
  try {
    give_up_wire();
  } catch (const std::exception& error) {
    parts_.reporter.failed(why(error));
  }
  exchange_.set_sender_gone();
}

void Sender::loop() {
  while (true) {
    // Asked first: what is offered after the end goes back by itself.
    const bool ending = exchange_.ending();
    start_ready();
    if (ending && free_.size() == slots_.size()) return;
    if (exchange_.abandoned() || time_is_up()) return;
    std::vector<Settlement> settlements;
    for (HttpCompletion& completion : transport_.wait(patience())) {
      if (auto settlement = on_completion(completion))
        settlements.push_back(std::move(*settlement));
    }
    exchange_.finish(std::move(settlements));
  }
}

std::optional<Settlement> Sender::on_completion(HttpCompletion& completion) {
  std::unique_ptr<Job> job = std::move(slots_.at(completion.id));
  free_.push_back(completion.id);
  if (job->is_reading()) return on_read(std::move(job), completion.reply);
  return on_answer(*job, completion.reply);
}

void Sender::start_ready() {
  const std::int64_t now_us = parts_.clock.mono_us();
  Access::Permit permit = parts_.access.permit(std::min(free_.size(), exchange_.ready()), now_us);
  Jobs jobs =
      exchange_.take_ready(permit.starts, [&permit](const Job& job) { return permit.keeps(job); });
  parts_.access.on_start(jobs, now_us);
  std::size_t started = 0;
  try {
    for (; started < jobs.size(); ++started) start(jobs[started]);
  } catch (...) {
    // The transport refuses such a request: none of these has left.
    std::vector<Settlement> unsent;
    for (; started < jobs.size(); ++started)
      unsent.push_back(give_back(jobs[started]->claim, jobs[started]->reads));
    exchange_.finish(std::move(unsent));
    throw;
  }
}

void Sender::start(std::unique_ptr<Job>& job) {
  const std::size_t slot = free_.back();
  job->started_us = parts_.clock.mono_us();
  transport_.start(slot,
                   job->is_reading() ? read_request(parts_.target, *job) : std::move(job->request));
  slots_[slot] = std::move(job);
  free_.pop_back();
}

milliseconds Sender::patience() const {
  const milliseconds most = until_next_start();
  const auto deadline = exchange_.deadline();
  if (deadline == Exchange::SteadyClock::time_point::max()) return most;
  const auto left = std::chrono::ceil<milliseconds>(deadline - Exchange::SteadyClock::now());
  return std::clamp(left, milliseconds(0), most);
}

// If a request is ready and only the pace holds it back.
milliseconds Sender::until_next_start() const {
  const std::int64_t next_us = parts_.access.next_start_us();
  if (next_us == INT64_MIN || free_.empty() || exchange_.ready() == 0) return kLongWait;
  const std::chrono::microseconds left(next_us - parts_.clock.mono_us());
  return std::clamp(std::chrono::ceil<milliseconds>(left), milliseconds(0), kLongWait);
}

bool Sender::time_is_up() const {
  const auto deadline = exchange_.deadline();
  return deadline != Exchange::SteadyClock::time_point::max() &&
         Exchange::SteadyClock::now() >= deadline;
}

Settlement Sender::on_answer(const Job& job, const HttpReply& reply) {
  const std::int64_t now_wall_us = parts_.clock.wall_us();
  const std::int64_t now_mono_us = parts_.clock.mono_us();
  const Judgement judgement =
      judge(parts_.target, parts_.options.retry, job.claim, reply, now_wall_us);
  const Access::Consequence consequence =
      parts_.access.on_answer(judgement, job, reply.status, now_mono_us, parts_.random.uniform());
  obey(consequence, job, judgement, reply, now_mono_us);
  Effect effect;
  if (consequence.gate_closed)
    effect.gate_opens_us = now_wall_us + consequence.gate_opens_us - now_mono_us;
  // A 500 may be the fault of the very update that was sent, however bad the target is: it counts.
  effect.target_down = consequence.target_down && reply.status != 500;
  Settlement settlement = settle(judgement, parts_.target, parts_.options.retry, job.claim, reply,
                                 now_wall_us, effect, parts_.random);
  settlement.read_back = notes_of(job.claim, job.reads);
  keep_secrets_out(settlement, job);
  return settlement;
}

// A server may repeat in its message what it was sent.
void Sender::keep_secrets_out(Settlement& settlement, const Job& job) const {
  std::vector<std::string_view> secrets(parts_.options.secrets.begin(),
                                        parts_.options.secrets.end());
  secrets.emplace_back(job.token);
  for (UpdateOutcome& outcome : settlement.outcomes)
    if (!outcome.reason.empty())
      outcome.reason = without_secrets(std::move(outcome.reason), secrets);
}

// None: the job is ready again, for the next look or for its request.
std::optional<Settlement> Sender::on_read(std::unique_ptr<Job> job, const HttpReply& reply) {
  const std::int64_t now_wall_us = parts_.clock.wall_us();
  const std::int64_t now_mono_us = parts_.clock.mono_us();
  const std::size_t place = job->places_to_read[job->reads.size()];
  const Read read = read_of(parts_.target, job->claim, place, reply);
  const Judgement judgement = judge_read(read, parts_.options.retry, reply, now_wall_us);
  const Access::Consequence consequence =
      parts_.access.on_read(judgement, *job, reply.status, now_mono_us, parts_.random.uniform());
  obey(consequence, *job, judgement, reply, now_mono_us);
  job->reads.push_back(read);
  if (!job->is_reading() || ends_reading(parts_.target, read)) {
    auto settlement = settle_reads(parts_.target, parts_.options.retry, job->claim, job->reads,
                                   now_wall_us, parts_.random);
    if (settlement) return settlement;
  }
  exchange_.take_back(std::move(job));
  return std::nullopt;
}

// What an answer means for everybody.
void Sender::obey(const Access::Consequence& consequence, const Job& job,
                  const Judgement& judgement, const HttpReply& reply, std::int64_t now_mono_us) {
  if (consequence.reject_token) parts_.tokens.reject(job.token);
  if (consequence.stop) exchange_.end(StopReason::auth);
  report(consequence, judgement, reply, now_mono_us);
}

void Sender::report(const Access::Consequence& consequence, const Judgement& judgement,
                    const HttpReply& reply, std::int64_t now_mono_us) const {
  if (consequence.recovered || consequence.breaker_closed) parts_.reporter.recovered();
  if (consequence.breaker_opened) parts_.reporter.breaker_opened();
  if (consequence.first_failure) {
    if (judgement.throttled)
      parts_.reporter.throttled(reply.status, (consequence.gate_opens_us - now_mono_us) / 1000);
    else
      parts_.reporter.unreachable(reply);
  }
  if (consequence.stop) {
    parts_.reporter.client_refused(reply.status);
  } else if (consequence.reject_token) {
    parts_.reporter.token_rejected();
  }
}

// The time is up for what is still on the wire: it was sent, and no answer will be read.
void Sender::give_up_wire() {
  std::vector<Settlement> settlements;
  for (std::unique_ptr<Job>& slot : slots_) {
    if (!slot) continue;
    const std::unique_ptr<Job> job = std::move(slot);
    settlements.push_back(cancelled(*job));
  }
  exchange_.finish(std::move(settlements));
}

// It says nothing about the target, only about us.
Settlement Sender::cancelled(const Job& job) {
  parts_.access.on_cancelled(job);
  if (job.is_reading()) return give_back(job.claim, job.reads);
  HttpReply reply;
  reply.wire = Wire::unknown;
  reply.error = "cancelled";
  const std::int64_t now_wall_us = parts_.clock.wall_us();
  const Judgement judgement =
      judge(parts_.target, parts_.options.retry, job.claim, reply, now_wall_us);
  Settlement settlement = settle(judgement, parts_.target, parts_.options.retry, job.claim, reply,
                                 now_wall_us, {}, parts_.random);
  settlement.read_back = notes_of(job.claim, job.reads);
  return settlement;
}

}  // namespace cxrelay::delivery
