// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
)

// TestRollingRestart has two serve and two worker on one PostgreSQL, and agents that send
// through a balancer while one after the other is stopped and started again: no upload
// fails, nothing has a double effect, each turn of a round is done once.
func TestRollingRestart(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		r := regiontest.New(t)
		balance := newBalancer(t)
		r.URL = "https://" + balance.address()
		servers := []*replica{newReplica(t, r, "serve"), newReplica(t, r, "serve")}
		workers := []*replica{newReplica(t, r, "worker"), newReplica(t, r, "worker")}
		for _, s := range servers {
			s.start(t)
			balance.join(s.agentAddress(t))
		}
		for _, w := range workers {
			w.start(t)
		}
		herd := newHerd(t, r, 4)
		for range 2 {
			for i := range servers {
				herd.waitForMore(t, 8)
				balance.leave(servers[i].agentAddress(t))
				servers[i].stop(t)
				servers[i].start(t)
				balance.join(servers[i].agentAddress(t))
				workers[i].stop(t)
				workers[i].start(t)
			}
		}
		herd.waitForMore(t, 8)
		sent := herd.rest()
		eachOnce(t, r, sent)
		rounds := turnsDone(t, r)
		for _, p := range slices.Concat(servers, workers) {
			p.stop(t)
		}
		t.Logf("%d uploads, 8 restarts, turns of rounds: %v", len(sent), rounds)
	})
}

// eachOnce checks that every bundle is there once, with what follows from it once.
func eachOnce(t *testing.T, r *regiontest.Region, sent []string) {
	t.Helper()
	var kept []string
	for _, finess := range sites(len(sent)) {
		list, err := r.Store.Bundles(t.Context(), store.Region(), finess, len(sent)+1)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range list {
			kept = append(kept, b.ID)
		}
	}
	slices.Sort(sent)
	slices.Sort(kept)
	if diff := cmp.Diff(sent, kept); diff != "" {
		t.Errorf("bundles acknowledged and kept (-acknowledged +kept):\n%s", diff)
	}
	before := r.Rows(regiontest.Projections()...)
	if _, err := ingest.Rebuild(t.Context(), r.Store, regiontest.RealJudge(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Rows(regiontest.Projections()...), before); diff != "" {
		t.Errorf("projections (-rebuilt +as they came):\n%s", diff)
	}
}

// turnsDone waits until every turn in the queue is done, and checks that it was at its
// first try and is there once.
func turnsDone(t *testing.T, r *regiontest.Region) []string {
	t.Helper()
	db := storetest.Past(t, r.Place)
	for {
		turns, done := readTurns(t, db)
		if done && len(turns) > 0 {
			return turns
		}
		<-time.After(100 * time.Millisecond)
	}
}

// readTurns lists the turns of rounds in the queue, and tells whether all are done.
func readTurns(t *testing.T, db *sql.DB) (turns []string, done bool) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `
		SELECT args ->> 'round', args ->> 'tick', count(*), sum(attempt), bool_and(state = 'completed') FROM river_job GROUP BY 1, 2 ORDER BY 1, 2`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	done = true
	for rows.Next() {
		var round, tick string
		var jobs, tries int
		var completed bool
		if err := rows.Scan(&round, &tick, &jobs, &tries, &completed); err != nil {
			t.Fatal(err)
		}
		turns, done = append(turns, round+" "+tick), done && completed
		if jobs != 1 || completed && tries != 1 {
			t.Errorf("turn %s of round %s: %d jobs, %d tries", tick, round, jobs, tries)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return turns, done
}

// replica is one process of the aggregator.
type replica struct {
	name, folder string
	args         []string
	process      *exec.Cmd
	ended        chan error
	said         *bytes.Buffer
}

// newReplica is a process with a folder of its own, that shares nothing with the others
// but the database and the keys.
func newReplica(t *testing.T, r *regiontest.Region, name string) *replica {
	t.Helper()
	p := &replica{name: name, folder: t.TempDir()}
	copyKeys(t, filepath.Join(r.Folder, "keys"), filepath.Join(p.folder, "keys"))
	own := store.Place{Folder: p.folder, Postgres: r.Postgres}
	p.args = append(storetest.Flags(own), name, "--lang=en", "--rounds=worker")
	if name == "serve" {
		p.args = append(p.args, "--agent-listen=127.0.0.1:0", "--web-listen=127.0.0.1:0", "--addr-file="+p.addressFile())
	}
	return p
}

func copyKeys(t *testing.T, from, to string) {
	t.Helper()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		raw, err := os.ReadFile(filepath.Join(from, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, entry.Name()), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *replica) addressFile() string { return filepath.Join(p.folder, "where.json") }

func (p *replica) start(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(p.addressFile()); err != nil {
		t.Fatal(err)
	}
	p.said = &bytes.Buffer{}
	p.process = exec.CommandContext(context.WithoutCancel(t.Context()), "carescan-aggregator", p.args...)
	p.process.Stderr = p.said
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.process.Process.Kill() }) // it may have ended already
	p.ended = make(chan error, 1)
	go func() { p.ended <- p.process.Wait() }()
}

// agentAddress waits until the replica tells where agents reach it.
func (p *replica) agentAddress(t *testing.T) string {
	t.Helper()
	var where struct {
		Agent string `json:"agent"`
	}
	for raw, err := os.ReadFile(p.addressFile()); err != nil || json.Unmarshal(raw, &where) != nil; raw, err = os.ReadFile(p.addressFile()) {
		select {
		case ended := <-p.ended:
			t.Fatalf("%s ended before it told its address: %v, %s", p.name, ended, p.said)
		case <-time.After(20 * time.Millisecond):
		}
	}
	u, err := url.Parse(where.Agent)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// stop asks the replica to end, which it does well and within seconds.
func (p *replica) stop(t *testing.T) {
	t.Helper()
	const patience = 30 * time.Second
	if err := p.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("%s ended with %v: %s", p.name, err, p.said)
		}
	case <-time.After(patience):
		t.Fatalf("%s did not end: %s", p.name, p.said)
	}
	if strings.Contains(p.said.String(), `"level":"ERROR"`) {
		t.Errorf("%s complained: %s", p.name, p.said)
	}
}

// balancer gives each connection to the next replica, as one in front of a region does.
type balancer struct {
	listener net.Listener
	mu       sync.Mutex
	replicas []string
	next     int
}

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{listener: listener}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go b.carry(connection)
		}
	}()
	return b
}

func (b *balancer) address() string { return b.listener.Addr().String() }

func (b *balancer) join(replica string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.replicas = append(b.replicas, replica)
}

// leave gives a replica no new connection; those it has are left to it.
func (b *balancer) leave(replica string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.replicas = slices.DeleteFunc(b.replicas, func(r string) bool { return r == replica })
}

func (b *balancer) pick() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	return b.replicas[b.next%len(b.replicas)]
}

func (b *balancer) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", b.pick())
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client) // ends with either side
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
}

// herd is agents that send one bundle after the other.
type herd struct {
	acknowledged atomic.Int64
	stop         chan struct{}
	done         chan []string // the bundles of one agent
	agents       int
}

func sites(n int) (list []scanner.FINESS) {
	for i := range min(n, 9) {
		list = append(list, scanner.FINESS(fmt.Sprintf("69000001%d", i)))
	}
	return list
}

func newHerd(t *testing.T, r *regiontest.Region, n int) *herd {
	t.Helper()
	h := &herd{stop: make(chan struct{}), done: make(chan []string, n), agents: n}
	for _, finess := range sites(n) {
		a := r.Enrol(r.Establishment(finess, "CH "+string(finess)).FINESS)
		go h.send(t, a)
	}
	return h
}

// send sends until the herd rests. Each run turns the outcome of the one before.
func (h *herd) send(t *testing.T, a *regiontest.Agent) {
	var ids []string
	defer func() { h.done <- ids }()
	outcomes := []scanner.Outcome{scanner.Fail, scanner.Pass}
	began := time.Now().UTC().Add(-time.Hour)
	for n := 0; ; n++ {
		select {
		case <-h.stop:
			return
		default:
		}
		said := regiontest.Said{Check: "exposure.spf-record", Target: scanner.DomainTarget("chu.test"), Outcome: outcomes[n%2], Severity: scanner.High}
		header := a.Header()
		sealed := a.Seal(header, regiontest.Run(t, a.Site, began.Add(time.Duration(n)*time.Second), said))
		if answer := a.Put(header.ID, sealed); answer.Status != http.StatusCreated {
			t.Errorf("upload %d of agent %s: status %d, %s", n, a.ID, answer.Status, answer.Body)
			return
		}
		ids = append(ids, header.ID)
		h.acknowledged.Add(1)
	}
}

// waitForMore waits until so many more bundles are acknowledged.
func (h *herd) waitForMore(t *testing.T, n int64) {
	t.Helper()
	for want := h.acknowledged.Load() + n; h.acknowledged.Load() < want && !t.Failed(); {
		<-time.After(20 * time.Millisecond)
	}
}

// rest has the agents stop, and lists what they were acknowledged.
func (h *herd) rest() (ids []string) {
	close(h.stop)
	for range h.agents {
		ids = append(ids, <-h.done...)
	}
	return ids
}
