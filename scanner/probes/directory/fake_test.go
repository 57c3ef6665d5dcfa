// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/jimlambrt/gldap"
	"golang.org/x/time/rate"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// entry is one answer of a fake directory.
type entry struct {
	dn         string
	attributes map[string][]string
}

// page is a whole answer of a fake directory.
type page struct {
	entries []entry
	code    int
	cookie  string // not empty: there is more
}

// startFake starts a directory that answers what no real one would on demand.
func startFake(t *testing.T, answer func(*gldap.SearchMessage) page) lab {
	t.Helper()
	l := newLab(t)
	server, err := gldap.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	mux, err := gldap.NewMux()
	if err != nil {
		t.Fatal(err)
	}
	mux.Bind(func(w *gldap.ResponseWriter, r *gldap.Request) {
		w.Write(r.NewBindResponse(gldap.WithResponseCode(gldap.ResultSuccess)))
	})
	mux.Search(func(w *gldap.ResponseWriter, r *gldap.Request) { write(w, r, answer) })
	server.Router(mux)
	ended := make(chan error, 1)
	go func() { ended <- server.Run(l.address, gldap.WithTLSConfig(l.tls(t))) }()
	t.Cleanup(func() {
		server.Stop()
		<-ended
	})
	for !server.Ready() {
		runtime.Gosched()
	}
	return l
}

func write(w *gldap.ResponseWriter, r *gldap.Request, answer func(*gldap.SearchMessage) page) {
	message, err := r.GetSearchMessage()
	if err != nil {
		return
	}
	p := answer(message)
	for _, e := range p.entries {
		w.Write(r.NewSearchResponseEntry(e.dn, gldap.WithAttributes(e.attributes)))
	}
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(p.code))
	done.SetDiagnosticMessage("zorglub is not welcome")
	if p.cookie != "" {
		done.SetControls(&gldap.ControlPaging{Cookie: []byte(p.cookie)})
	}
	w.Write(done)
}

func (l lab) tls(t *testing.T) *tls.Config {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(l.path("dc1.crt"), l.path("dc1.key"))
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}
}

func aboutGroups(m *gldap.SearchMessage) bool { return strings.Contains(m.Filter, "objectClass=group") }

// slice answers one slice of the members of a large group.
func slice(bounds string, members ...string) entry {
	return entry{"cn=admins", map[string][]string{
		"objectSid": {string(domainSID(512))}, "member;range=" + bounds: members,
	}}
}

func person(cn string, lines map[string][]string) entry {
	attributes := map[string][]string{"objectClass": {"user"}, "sAMAccountName": {cn}, "userAccountControl": {"512"}}
	maps.Copy(attributes, lines)
	return entry{"cn=" + cn, attributes}
}

func TestLargeGroupsAreReadBySlices(t *testing.T) {
	var people []entry
	for i := range 5 {
		people = append(people, person(fmt.Sprint("user", i), nil))
	}
	l := startFake(t, func(m *gldap.SearchMessage) page {
		switch {
		case aboutGroups(m):
			return page{entries: []entry{slice("0-1", "cn=user0", "cn=user1")}}
		case m.BaseDN == "cn=admins" && m.Attributes[0] == "member;range=2-*":
			return page{entries: []entry{slice("2-3", "cn=user2", "cn=user3")}}
		case m.BaseDN == "cn=admins" && m.Attributes[0] == "member;range=4-*":
			return page{entries: []entry{slice("4-*", "cn=user4")}}
		}
		return page{entries: people}
	})
	sighting, _ := l.see(t)
	if got := sighting.Fact.(fact.Directory); got.Privileged != 5 || got.Groups[0] != (fact.GroupCount{Group: "Domain Admins", Members: 5}) {
		t.Errorf("directory = %+v, want five members of the large group", got)
	}
}

func TestLyingSlicesAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		next page
		want string
	}{
		"same-again":     {page{entries: []entry{slice("0-1", "cn=user0", "cn=user1")}}, "another range of members than asked"},
		"empty":          {page{entries: []entry{slice("2-3")}}, "another range of members than asked"},
		"without-slice":  {page{entries: []entry{person("admins", nil)}}, "did not answer the next range"},
		"not-a-number":   {page{entries: []entry{slice("x-*", "cn=user2")}}, "did not answer the next range"},
		"negative":       {page{entries: []entry{slice("-2-*", "cn=user2")}}, "did not answer the next range"},
		"gone":           {page{}, "a large group disappeared"},
		"refused":        {page{code: gldap.ResultInsufficientAccessRights}, "check its read rights"},
		"unknown-result": {page{code: 81}, "result code 81"},
	} {
		t.Run(name, func(t *testing.T) {
			l := startFake(t, func(m *gldap.SearchMessage) page {
				if aboutGroups(m) {
					return page{entries: []entry{slice("0-1", "cn=user0", "cn=user1")}}
				}
				return test.next
			})
			_, err := l.observe(t, l.config())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error = %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "zorglub") {
				t.Errorf("error repeats what the directory says: %v", err)
			}
		})
	}
}

func TestSizeLimitIsPartial(t *testing.T) {
	l := startFake(t, func(m *gldap.SearchMessage) page {
		if aboutGroups(m) {
			return page{entries: []entry{{"cn=admins", map[string][]string{"objectSid": {string(domainSID(512))}, "member": {"cn=alice"}}}}}
		}
		return page{entries: []entry{person("alice", nil)}, code: gldap.ResultSizeLimitExceeded}
	})
	sighting, source := l.see(t)
	if source.Complete || !strings.Contains(sighting.Missing.Detail(), "not read to its end") {
		t.Errorf("source %+v, missing %q", source, sighting.Missing.Detail())
	}
	if got := sighting.Fact.(fact.Directory); got.Privileged != 1 {
		t.Errorf("directory = %+v, want what was seen before the limit", got)
	}
}

func TestEndlessPagesEnd(t *testing.T) {
	l := startFake(t, func(*gldap.SearchMessage) page { return page{cookie: "again"} })
	s, err := open(t.Context(), door{l.address}, l.config())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.pace = rate.NewLimiter(rate.Inf, 1)
	if err := s.groups(t.Context(), newTree()); err == nil || !strings.Contains(err.Error(), "more than 2000 searches") {
		t.Errorf("error = %v, want the limit of searches", err)
	}
}

func TestEndlessEntriesEnd(t *testing.T) {
	tree := newTree()
	taken := 0
	for range maxEntries + 1 {
		if err := tree.take(object{}, func(object) error { taken++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if taken != maxEntries || !tree.cut {
		t.Errorf("%d entries taken, cut %v", taken, tree.cut)
	}
}

func TestHostileEntriesAreCounted(t *testing.T) {
	l := startFake(t, func(m *gldap.SearchMessage) page {
		if aboutGroups(m) {
			return page{entries: []entry{
				{"cn=admins", map[string][]string{"objectSid": {string(domainSID(512))}, "MEMBER": {"CN=Alice", "cn=admins", "cn=mallory", "cn=bob"}}},
				{"cn=admins", map[string][]string{"objectSid": {string(domainSID(512))}}},
				{"", map[string][]string{"objectSid": {string(domainSID(519))}}},
				{"cn=broken", map[string][]string{"objectSid": {"\x01\xff"}}},
			}}
		}
		return page{entries: []entry{
			person("alice", map[string][]string{"userAccountControl": {"99999999999999999999"}, "primaryGroupID": {"-1"}}),
			person("alice", nil),
			person("bob", map[string][]string{"userAccountControl": {"-1", "512"}, "objectSid": {string(domainSID(1101))}}),
			person("mallory", map[string][]string{"objectSid": {"short"}}),
			{"cn=nothing", nil},
		}}
	})
	sighting, source := l.see(t)
	got := sighting.Fact.(fact.Directory)
	if got.Privileged != 1 || got.PrivilegedUnknown != 1 || source.Rejected != 5 {
		t.Errorf("directory %+v, source %+v", got, source)
	}
	for _, want := range []string{"1 members of privileged groups could not be read", "5 entries could not be understood"} {
		if !strings.Contains(sighting.Missing.Detail(), want) {
			t.Errorf("missing %q, want %q", sighting.Missing.Detail(), want)
		}
	}
}

// startTalker starts a TLS server that says something to whoever comes.
func startTalker(t *testing.T, talk func(net.Conn)) lab {
	t.Helper()
	l := newLab(t)
	listener, err := tls.Listen("tcp", l.address, l.tls(t))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		talk(conn)
	}()
	t.Cleanup(func() {
		listener.Close()
		<-ended
	})
	return l
}

func TestWhatIsNotLDAPIsRefused(t *testing.T) {
	for name, words := range map[string]string{
		"http":        "HTTP/1.1 400 Bad Request\r\n\r\n",
		"huge-length": "\x30\x84\x7f\xff\xff\xff\x02\x01\x01",
		"nothing":     "",
		"bad-answer":  "\x30\x05\x02\x01\x01\x61\x00",
		"bad-control": "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
	} {
		t.Run(name, func(t *testing.T) {
			l := startTalker(t, func(conn net.Conn) { io.WriteString(conn, words) })
			if _, err := l.observe(t, l.config()); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestSilentDirectoryEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := startTalker(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1)) // the bind has come
		cancel()
		io.Copy(io.Discard, conn)
	})
	target := scanner.Target{Kind: scanner.KindDirectory, ID: "ad"}
	_, err := New([]Config{l.config()}, pseudonyms()).Observe(ctx, door{l.address}, target)
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("error = %v, want the end of the context", err)
	}
}

func TestBytesAreBounded(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		defer far.Close()
		io.Copy(io.Discard, io.LimitReader(far, 1))
		go io.Copy(io.Discard, far)
		for unasked := "\x30\x05\x02\x01\x00\x78\x00"; ; {
			if _, err := io.WriteString(far, unasked); err != nil {
				return
			}
		}
	}()
	c := newClient(near)
	c.left.N = 1000
	if err := c.bind("cn=reader", password); !errors.Is(err, errTooLarge) {
		t.Errorf("error = %v, want the end of what is read", err)
	}
}

func FuzzFindRange(f *testing.F) {
	f.Add("member;range=0-1499")
	f.Add("Member;Range=1500-*")
	f.Add("member;range=-1-*")
	f.Add("member")
	f.Fuzz(func(t *testing.T, name string) {
		o := object{attributes: []attribute{{name, []string{"cn=a"}}}}
		slice, found := findRange(o)
		if slice.first < 0 || found && !strings.HasPrefix(strings.ToLower(name), "member;range=") {
			t.Errorf("findRange(%q) = %+v, %v", name, slice, found)
		}
	})
}
