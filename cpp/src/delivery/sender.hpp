// The thread that owns the network: it keeps the wire full, reads answers and says what they mean.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "cxrelay/http.hpp"
#include "delivery/feeder.hpp"
#include "delivery/job.hpp"

namespace cxrelay::delivery {

class Sender {
 public:
  Sender(const Parts& parts, HttpTransport& transport);
  // Until the run ends and the wire is empty. Throws nothing.
  void run() noexcept;

 private:
  void loop();
  void start_ready();
  void start(std::unique_ptr<Job>& job);
  std::chrono::milliseconds patience() const;
  std::chrono::milliseconds until_next_start() const;
  bool time_is_up() const;
  std::optional<Settlement> on_completion(HttpCompletion& completion);
  Settlement on_answer(const Job& job, const HttpReply& reply);
  std::optional<Settlement> on_read(std::unique_ptr<Job> job, const HttpReply& reply);
  void keep_secrets_out(Settlement& settlement, const Job& job) const;
  void obey(const Access::Consequence& consequence, const Job& job, const Judgement& judgement,
            const HttpReply& reply, std::int64_t now_mono_us);
  void report(const Access::Consequence& consequence, const Judgement& judgement,
              const HttpReply& reply, std::int64_t now_mono_us) const;
  void give_up_wire();
  Settlement cancelled(const Job& job);

  const Parts parts_;
  Exchange& exchange_;
  HttpTransport& transport_;
  std::vector<std::unique_ptr<Job>> slots_;  // on the wire; the place is the request's id
  std::vector<std::size_t> free_;            // empty places
};

}  // namespace cxrelay::delivery
