#include "server.hpp"

#include <algorithm>
#include <charconv>

namespace cxrelay::simulation {
namespace {

HttpReply whole(int status, std::string body = "{}") {
  return {Wire::answered, status, {}, std::move(body), {}};
}

}  // namespace

HttpReply Server::receive(const std::string& request_id, const HttpRequest& request,
                          std::uint64_t claimed_at) {
  ++truth_.step;
  seen_.insert(request_id);
  if (chance(profile_.throttled)) {
    auto reply = whole(429);
    if (dice_.chance(0.7)) {
      reply.headers.emplace_back("retry-after", std::to_string(dice_.between(0, 20)));
    }
    return reply;
  }
  static constexpr int kTrouble[] = {500, 502, 503, 504, 408};
  if (chance(profile_.trouble)) return whole(kTrouble[dice_.index(5)]);
  const auto writes = read(request);
  const bool poisoned = std::ranges::any_of(
      writes, [](const Write& write) { return write.values.contains("poison"); });
  if (poisoned) return whole(422);
  std::vector<int> statuses;
  for (const Write& write : writes) {
    const bool fails = chance(profile_.item_trouble);
    statuses.push_back(fails ? (dice_.chance(0.5) ? 503 : 429) : 200);
    if (!fails) apply(write, claimed_at);
  }
  if (chance(profile_.false_trouble)) return whole(500);
  return answer(std::move(statuses));
}

HttpReply Server::answer(std::vector<int> statuses) {
  const bool cut = chance(profile_.unreadable);
  if (cut && dice_.chance(0.5)) return whole(200, R"({"results":[{"status":2)");
  if (cut) statuses.pop_back();
  std::string results;
  for (const int status : statuses) {
    results += (results.empty() ? "" : ",") + (R"({"status":)" + std::to_string(status)) + "}";
  }
  return whole(200, R"({"results":[)" + results + "]}");
}

std::vector<Server::Write> Server::read(const HttpRequest& request) {
  std::vector<Write> writes;
  if (document_.parse(request.body) != json::ParseError::none) return writes;
  const json::Node& items = *document_.find(document_.root(), "requests");
  for (const json::Node* item = document_.first_child(items); item != nullptr;
       item = document_.next_sibling(items, *item)) {
    Write& write = writes.emplace_back();
    const std::string path(document_.find(*item, "path")->text);
    write.interaction = path.substr(path.rfind('/') + 1);
    write.key = document_.find(*item, "idempotencyKey")->text;
    const json::Node& body = *document_.find(*item, "body");
    for (const json::Node* value = document_.first_child(body); value != nullptr;
         value = document_.next_sibling(body, *value)) {
      int& number = write.values[std::string(value->key)];
      std::from_chars(value->text.data(), value->text.data() + value->text.size(), number);
    }
  }
  return writes;
}

void Server::apply(const Write& write, std::uint64_t claimed_at) {
  if (!keys_.insert(write.key).second) {
    ++truth_.seen["came twice"];
    return;
  }
  for (const auto& [attribute, number] : write.values) {
    int& holder = attributes_[write.interaction][attribute];
    const auto done = truth_.completed_at.find(holder);
    const auto& events = truth_.events;
    // Whoever claims after the newer one was settled must know that it is written.
    if (done != truth_.completed_at.end() && done->second < claimed_at &&
        events[static_cast<std::size_t>(number)].order() <
            events[static_cast<std::size_t>(holder)].order()) {
      truth_.violations.push_back("event " + std::to_string(number) + " overwrote " + attribute +
                                  " of the newer event " + std::to_string(holder));
    }
    holder = number;
  }
}

int Server::holder(const std::string& interaction, const std::string& attribute) const {
  const auto values = attributes_.find(interaction);
  if (values == attributes_.end()) return 0;
  const auto value = values->second.find(attribute);
  return value == values->second.end() ? 0 : value->second;
}

}  // namespace cxrelay::simulation
