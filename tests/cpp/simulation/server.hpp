// The far end: takes batches, holds attributes, keeps a ledger. Applies a key once, however often it comes.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cxrelay/http.hpp"
#include "dice.hpp"
#include "json/document.hpp"
#include "profile.hpp"
#include "truth.hpp"

namespace cxrelay::simulation {

class Server {
 public:
  Server(const Profile& profile, Dice& dice, Truth& truth)
      : profile_(profile), dice_(dice), truth_(truth) {}

  // `claimed_at`: the truth's step in which the request was claimed.
  HttpReply receive(const std::string& request_id, const HttpRequest& request,
                    std::uint64_t claimed_at);
  void heal() { healthy_ = true; }

  const std::multiset<std::string>& seen() const { return seen_; }  // request ids
  // The number of the event whose value an attribute has; 0 = none.
  int holder(const std::string& interaction, const std::string& attribute) const;

 private:
  struct Write {
    std::string interaction;
    std::string key;
    std::map<std::string, int> values;
  };

  std::vector<Write> read(const HttpRequest& request);
  void apply(const Write& write, std::uint64_t claimed_at);
  HttpReply answer(std::vector<int> statuses);
  bool chance(double probability) { return !healthy_ && dice_.chance(probability); }

  const Profile& profile_;
  Dice& dice_;
  Truth& truth_;
  json::Document document_;
  bool healthy_ = false;
  std::multiset<std::string> seen_;
  std::set<std::string> keys_;
  std::map<std::string, std::map<std::string, int>> attributes_;  // by interaction
};

}  // namespace cxrelay::simulation
