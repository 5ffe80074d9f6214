#include "verdict.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include "json/document.hpp"

namespace cxrelay::simulation {
namespace {

class Verdict {
 public:
  Verdict(Queue& queue, Truth& truth, const Server& server)
      : queue_(queue), truth_(truth), server_(server) {}

  void judge() {
    for (const auto& problem : queue_.check().problems) broken("check: " + problem);
    read_states();
    read_journal();
    compare_requests();
    compare_attributes();
  }

 private:
  struct Request {
    bool finished = false;
    bool sent = false;
    bool unknown = false;
    std::set<std::string> interactions;
  };

  void broken(std::string what) { truth_.violations.push_back(std::move(what)); }

  // P1: every accepted event has come to an end.
  void read_states() {
    for (std::size_t i = 1; i < truth_.events.size(); ++i) {
      const auto& event = truth_.events[i];
      const auto found = queue_.find(event.key);
      if (!found || found->seq != event.seq) {
        broken("event " + event.key + " is lost");
        continue;
      }
      states_[event.number] = found->state;
      if (found->state == State::pending || found->state == State::in_flight) {
        broken("event " + event.key + " is " + std::string(to_text(found->state)));
      }
    }
  }

  // P5: at most one request in flight has something of an interaction.
  void read_journal() {
    std::multiset<std::string> in_flight;
    for (const auto& record : queue_.audit_source().read(0, 1'000'000)) {
      if (record.action == "started") {
        Request& request = requests_[record.request_id];
        request.interactions = interactions_of(record.detail);
        for (const auto& id : request.interactions) {
          in_flight.insert(id);
          if (in_flight.count(id) > 1) broken("two requests in flight hold " + id);
        }
      } else if (record.action == "finished") {
        Request& request = requests_[record.request_id];
        request.finished = true;
        request.sent = record.detail.find(R"("sent":true)") != std::string::npos;
        request.unknown = record.detail.find(R"("error_class":"UNKNOWN")") != std::string::npos;
        for (const auto& id : request.interactions) in_flight.extract(id);
      }
    }
  }

  std::set<std::string> interactions_of(const std::string& detail) {
    std::set<std::string> out;
    if (document_.parse(detail) != json::ParseError::none) return out;
    const json::Node& list = *document_.find(document_.root(), "updates");
    for (const json::Node* item = document_.first_child(list); item != nullptr;
         item = document_.next_sibling(list, *item)) {
      std::int64_t seq = 0;
      std::from_chars(item->text.data(), item->text.data() + item->text.size(), seq);
      out.insert(truth_.by_seq(seq).interaction);
    }
    return out;
  }

  // P3: what the server saw is what the journal says was sent, but for what may have been lost on the way.
  void compare_requests() {
    std::int64_t sent = 0;
    for (const auto& [id, request] : requests_) {
      const auto seen = server_.seen().count(id);
      sent += request.sent ? 1 : 0;
      if (!request.finished) broken("request " + id + " is not finished");
      if (seen > 1) broken("request " + id + " was sent twice");
      if (seen > 0 && !request.sent) broken("request " + id + " was seen, and is not recorded");
      if (seen == 0 && request.sent && !request.unknown) {
        broken("request " + id + " was answered, and was never seen");
      }
    }
    for (const auto& id : server_.seen()) {
      if (!requests_.contains(id)) broken("request " + id + " was seen, and never started");
    }
    const auto stats = queue_.stats();
    if (stats.requests != sent) broken("the number of requests is wrong");
    truth_.seen["superseded"] += static_cast<int>(stats.superseded);
  }

  // P5: each attribute has the value of the newest event that sets it, given-up ones aside.
  void compare_attributes() {
    for (const auto& event : truth_.events) {
      for (const auto& attribute : event.attributes) compare(event.interaction, attribute);
    }
  }
  bool is_given_up(int event) const {
    const State state = states_.at(event);
    return state == State::dead || state == State::parked;
  }
  void compare(const std::string& interaction, const std::string& attribute) {
    const SimEvent* newest = nullptr;
    for (const auto& event : truth_.events) {
      if (event.interaction != interaction || !event.attributes.contains(attribute)) continue;
      if (is_given_up(event.number)) continue;
      if (newest == nullptr || newest->order() < event.order()) newest = &event;
    }
    if (newest == nullptr) return;
    const int holder = server_.holder(interaction, attribute);
    if (holder == newest->number) return;
    // One that was given up may have been applied, whenever it arrived.
    if (holder != 0 && is_given_up(holder)) return;
    broken(interaction + "." + attribute + " is of event " + std::to_string(holder) + ", not of " +
           std::to_string(newest->number));
  }

  Queue& queue_;
  Truth& truth_;
  const Server& server_;
  json::Document document_;
  std::map<int, State> states_;
  std::map<std::string, Request> requests_;
};

}  // namespace

void judge_world(Queue& queue, Truth& truth, const Server& server) {
  Verdict(queue, truth, server).judge();
}

}  // namespace cxrelay::simulation
