// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner/scannertest"
)

// nameServer is a recursive resolver on loopback that knows what a test tells
// it. Each answer to a question is used once, the last one for ever.
type nameServer struct {
	at      netip.AddrPort
	mu      sync.Mutex
	answers map[string][]reply // by "name TYPE"
	asked   []string           // "network name TYPE", in order
	without map[string][]bool  // the CD bit of each question, in order
}

type reply struct {
	rcode     int
	records   []string // presentation form
	truncated bool     // over UDP
	question  string   // answered instead of the one asked
	referral  []string // of the authority section
	extra     []string // of the additional section
}

func startNameServer(t *testing.T) *nameServer {
	t.Helper()
	streams, packets, err := scannertest.ListenBoth("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{at: netip.MustParseAddrPort(packets.LocalAddr().String()), answers: map[string][]reply{}, without: map[string][]bool{}}
	for _, server := range []*dns.Server{
		{PacketConn: packets, Handler: s.handler("udp")},
		{Listener: streams, Handler: s.handler("tcp")},
	} {
		started, ended := make(chan struct{}), make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() {
			defer close(ended)
			_ = server.ActivateAndServe() // ends with Shutdown
		}()
		<-started
		t.Cleanup(func() {
			_ = server.Shutdown()
			<-ended
		})
	}
	return s
}

// says sets the replies to one question, such as "www.chu.test A".
func (s *nameServer) says(question string, replies ...reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[question] = replies
}

// holds sets plain answers from records in presentation form. All the records
// given for one name go together in the answer for its type.
func (s *nameServer) holds(question string, records ...string) {
	s.says(question, reply{records: records})
}

func (s *nameServer) count(question string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 0
	for _, asked := range s.asked {
		if strings.HasSuffix(asked, question) {
			count++
		}
	}
	return count
}

func (s *nameServer) notice(question *dns.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := plainName(question.Question[0].Name) + " " + dns.TypeToString[question.Question[0].Qtype]
	s.without[key] = append(s.without[key], question.CheckingDisabled)
}

// unchecked tells of each question whether the server was told not to check
// signatures.
func (s *nameServer) unchecked(question string) []bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.without[question])
}

func (s *nameServer) handler(network string) dns.HandlerFunc {
	return func(w dns.ResponseWriter, question *dns.Msg) {
		r := s.next(network, question.Question[0])
		s.notice(question)
		answer := new(dns.Msg)
		answer.SetRcode(question, r.rcode)
		for _, text := range r.records {
			record, err := dns.NewRR(text)
			if err != nil {
				panic(fmt.Sprintf("test record %q: %v", text, err))
			}
			answer.Answer = append(answer.Answer, record)
		}
		for _, text := range r.referral {
			record, err := dns.NewRR(text)
			if err != nil {
				panic(fmt.Sprintf("test record %q: %v", text, err))
			}
			answer.Ns = append(answer.Ns, record)
		}
		for _, text := range r.extra {
			record, err := dns.NewRR(text)
			if err != nil {
				panic(fmt.Sprintf("test record %q: %v", text, err))
			}
			answer.Extra = append(answer.Extra, record)
		}
		if r.truncated && network == "udp" {
			answer.Truncated, answer.Answer = true, nil
		}
		if r.question != "" {
			answer.Question[0].Name = r.question
		}
		_ = w.WriteMsg(answer) // the asker may be gone
	}
}

func (s *nameServer) next(network string, q dns.Question) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := plainName(q.Name) + " " + dns.TypeToString[q.Qtype]
	s.asked = append(s.asked, network+" "+key)
	replies := s.answers[key]
	if len(replies) == 0 {
		return reply{}
	}
	if len(replies) > 1 {
		s.answers[key] = replies[1:]
	}
	return replies[0]
}
