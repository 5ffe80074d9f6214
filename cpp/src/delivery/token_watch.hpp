// Which 401 calls for a fresh token, and which one says that fresh tokens do not help. Not
// thread-safe, no I/O.
//
// Tokens are told apart by their term, not by their text: a provider may give the same text again.
// Many requests may be on the wire with one token, and each may come back with 401; together they
// are one refusal.
#pragma once

#include <cstdint>

namespace cxrelay::delivery {

class TokenWatch {
 public:
  enum class Advice {
    refresh,  // the first refusal of this token: fetch another one
    known,    // this token's refusal is known already
    stop      // a fresh token was refused as well
  };

  // The term of a token that is asked for now.
  std::uint64_t next_term() const noexcept { return refused_term_ + 1; }
  // A request with a token of this term would only be refused again.
  bool is_refused(std::uint64_t term) const noexcept { return term <= refused_term_; }

  void on_success(std::uint64_t term) noexcept {
    if (!is_refused(term)) refusals_ = 0;
  }

  Advice on_refusal(std::uint64_t term) noexcept {
    if (is_refused(term)) return Advice::known;
    refused_term_ = term;
    return ++refusals_ >= 2 ? Advice::stop : Advice::refresh;
  }

 private:
  std::uint64_t refused_term_ = 0;
  int refusals_ = 0;  // in a row
};

}  // namespace cxrelay::delivery
