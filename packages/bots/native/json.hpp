// A JSON reader for the control messages: small values from our own Node process, one line each.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace bots {

struct Json {
  enum class Kind { Null, Bool, Number, Text, List, Record } kind = Kind::Null;
  bool truth = false;
  double number = 0;
  std::string text;
  std::vector<Json> list;
  std::map<std::string, Json> record;

  /** The member of that name, or a null value. */
  const Json& operator[](const char* name) const {
    static const Json none;
    const auto found = record.find(name);
    return found == record.end() ? none : found->second;
  }
  bool has(const char* name) const { return record.count(name) > 0; }
  int64_t integer(int64_t byDefault = 0) const { return kind == Kind::Number ? static_cast<int64_t>(number) : byDefault; }
  double real(double byDefault) const { return kind == Kind::Number ? number : byDefault; }

  static Json parse(const std::string& text) {
    const char* at = text.c_str();
    Json value = read(at, 0);
    skip(at);
    if (*at != 0) throw std::runtime_error("text after the message");
    return value;
  }

 private:
  static void skip(const char*& at) {
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') ++at;
  }
  static void expect(const char*& at, const char* word) {
    for (; *word != 0; ++word, ++at)
      if (*at != *word) throw std::runtime_error("not JSON");
  }
  static std::string readText(const char*& at) {
    std::string out;
    expect(at, "\"");
    for (; *at != '"'; ++at) {
      if (*at == 0) throw std::runtime_error("text without end");
      if (*at != '\\') {
        out += *at;
        continue;
      }
      ++at;
      // Escapes other than these never occur: every text we are sent is ASCII by its schema.
      if (*at == 'n') out += '\n';
      else if (*at == '"' || *at == '\\' || *at == '/') out += *at;
      else throw std::runtime_error("an escape that is not supported");
    }
    ++at;
    return out;
  }
  static Json read(const char*& at, int depth) {
    if (depth > 8) throw std::runtime_error("nested too deeply");
    skip(at);
    Json value;
    if (*at == '{') {
      value.kind = Kind::Record;
      ++at;
      for (skip(at); *at != '}'; skip(at)) {
        std::string name = readText(at);
        skip(at);
        expect(at, ":");
        value.record[name] = read(at, depth + 1);
        skip(at);
        if (*at == ',') ++at, skip(at);
        else if (*at != '}') throw std::runtime_error("not JSON");
      }
      ++at;
    } else if (*at == '[') {
      value.kind = Kind::List;
      ++at;
      for (skip(at); *at != ']'; skip(at)) {
        value.list.push_back(read(at, depth + 1));
        skip(at);
        if (*at == ',') ++at;
        else if (*at != ']') throw std::runtime_error("not JSON");
      }
      ++at;
    } else if (*at == '"') {
      value.kind = Kind::Text;
      value.text = readText(at);
    } else if (*at == 't' || *at == 'f') {
      value.kind = Kind::Bool;
      value.truth = *at == 't';
      expect(at, value.truth ? "true" : "false");
    } else if (*at == 'n') {
      expect(at, "null");
    } else {
      char* end = nullptr;
      value.kind = Kind::Number;
      value.number = std::strtod(at, &end);
      if (end == at) throw std::runtime_error("not JSON");
      at = end;
    }
    return value;
  }
};

}  // namespace bots
