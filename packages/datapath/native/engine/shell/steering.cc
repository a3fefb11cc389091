#include "engine/shell/steering.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <algorithm>

#include "wire/bytes.h"
#include "wire/packet_kind.h"

#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif

namespace srwan {
namespace {

// Where the network header begins, seen from the UDP payload.
constexpr std::uint32_t NETWORK = static_cast<std::uint32_t>(SKF_NET_OFF);

class Program {
 public:
  void add(std::uint16_t code, std::uint32_t value = 0, std::uint8_t yes = 0, std::uint8_t no = 0) {
    code_.push_back({code, yes, no, value});
  }
  void loadByte(std::uint32_t at) { add(BPF_LD | BPF_B | BPF_ABS, at); }
  void loadWord(std::uint32_t at) { add(BPF_LD | BPF_W | BPF_ABS, at); }
  void answer(std::uint32_t socket) { add(BPF_RET | BPF_K, socket); }
  // Conditional jumps reach 255 instructions, unconditional ones as far as one likes: filled in by `land`.
  void jumpToMember() {
    jumps_.push_back(code_.size());
    add(BPF_JMP | BPF_JA);
  }
  void land() {
    for (const std::size_t from : jumps_) code_[from].k = static_cast<std::uint32_t>(code_.size() - from - 1);
  }

  std::vector<sock_filter>& code() { return code_; }

 private:
  std::vector<sock_filter> code_;
  std::vector<std::size_t> jumps_;
};

void findMember4(Program& program, const std::vector<UnderlayEndpoint>& members) {
  program.loadWord(NETWORK + 12);
  for (const UnderlayEndpoint& member : members) {
    if (member.version != 4) continue;
    program.add(BPF_JMP | BPF_JEQ | BPF_K, load32(member.address.data()), 0, 1);
    program.jumpToMember();
  }
}

void findMember6(Program& program, const std::vector<UnderlayEndpoint>& members) {
  for (const UnderlayEndpoint& member : members) {
    if (member.version != 6) continue;
    for (std::uint8_t word = 0; word < 4; ++word) {
      program.loadWord(NETWORK + 8 + 4 * word);
      // A word that differs: on to the next member, over the words and the jump that remain.
      const auto rest = static_cast<std::uint8_t>(2 * (3 - word) + 1);
      program.add(BPF_JMP | BPF_JEQ | BPF_K, load32(member.address.data() + 4 * word), 0, rest);
    }
    program.jumpToMember();
  }
}

// Where A is to say which member's family it is, else the strangers' socket.
void tellStrangers(Program& program, std::size_t lanes, const std::vector<UnderlayEndpoint>& members) {
  Program four;
  findMember4(four, members);
  const auto strangers = static_cast<std::uint32_t>(lanes);
  program.loadByte(NETWORK);
  program.add(BPF_ALU | BPF_RSH | BPF_K, 4);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 1);
  // Over the part for IPv4 and its answer.
  program.add(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(four.code().size() + 1));
  findMember4(program, members);
  program.answer(strangers);
  findMember6(program, members);
  program.answer(strangers);
  program.land();
}

}  // namespace

bool steer(int fd, std::size_t lanes, const std::vector<UnderlayEndpoint>& members) {
  Program program;
  tellStrangers(program, lanes, members);
  // What follows takes a dozen.
  if (program.code().size() > BPF_MAXINSNS - 16) program = {};
  program.loadByte(0);
  program.add(BPF_ALU | BPF_AND | BPF_K, 0x1f);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(PacketKind::dataForward), 2, 0);
  program.add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(PacketKind::dataReverse), 1, 0);
  program.answer(0);
  // `laneOf`: (session + queue) mod lanes.
  program.loadByte(9);
  program.add(BPF_MISC | BPF_TAX);
  program.loadWord(4);
  program.add(BPF_ALU | BPF_ADD | BPF_X);
  program.add(BPF_ALU | BPF_MOD | BPF_K, static_cast<std::uint32_t>(lanes));
  program.add(BPF_RET | BPF_A);
  sock_fprog attached{static_cast<unsigned short>(program.code().size()), program.code().data()};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attached, sizeof attached) == 0;
}

}  // namespace srwan
