// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"carescan/cmd/aggregator/internal/store"
)

// postgres is a server of its own, beside the region at the far end of the cable: the
// region reaches it over TCP, and the test through a socket.
type postgres struct {
	folder  string
	program string
	process *process
	ending  bool // it was asked to
}

const (
	databasePort = "5432"
	superuser    = "postgres"
	owner        = "carescan_owner"
	application  = "carescan"
)

// configuration keeps what was committed, as in a real region.
const configuration = `
listen_addresses = '127.0.0.1'
port = ` + databasePort + `
fsync = on
shared_buffers = 64MB
min_wal_size = 32MB
max_wal_size = 256MB
`

// beginPostgres makes a server and an empty region in it, as the guide says.
func beginPostgres(w *world) database {
	w.t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well formed
	if len(found) == 0 {
		if os.Getenv("CI") == "true" {
			w.t.Fatal("PostgreSQL is not installed")
		}
		w.t.Skip("PostgreSQL is not installed (Debian: postgresql)")
	}
	initdb := slices.Max(found)
	p := &postgres{folder: filepath.Join(w.regionDisk.at, "pg"), program: filepath.Join(filepath.Dir(initdb), "postgres")}
	w.must(os.Mkdir(p.folder, 0o700))
	w.run(exec.CommandContext(w.t.Context(), "chown", superuser+":", p.folder))
	w.run(exec.CommandContext(w.t.Context(), "setpriv", asPostgres(initdb, "-D", p.data(), "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")...))
	file, err := os.OpenFile(filepath.Join(p.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	w.must(err)
	_, err = file.WriteString(configuration)
	w.must(err)
	w.must(file.Close())
	w.t.Cleanup(func() {
		if p.process.alive() {
			p.signalAll(syscall.SIGCONT)
			p.process.signal(syscall.SIGQUIT)
			<-p.process.ended
		}
	})
	p.start(w)
	admin := p.connect(w, "postgres")
	defer admin.Close()
	for _, statement := range []string{
		"CREATE ROLE " + owner + " LOGIN", "CREATE ROLE " + application + " LOGIN", "CREATE DATABASE carescan OWNER " + owner,
	} {
		_, err := admin.ExecContext(w.t.Context(), statement)
		w.must(err)
	}
	w.must(p.place().Migrate(w.t.Context()))
	return p
}

// asPostgres are the words for setpriv to run a program as who may run a server, which
// refuses root; it becomes that program.
func asPostgres(program string, args ...string) []string {
	return append([]string{"--reuid", superuser, "--regid", superuser, "--clear-groups", program}, args...)
}

func (p *postgres) data() string { return filepath.Join(p.folder, "data") }

// place is the database as the test reaches it, past the line.
func (p *postgres) place() *store.Postgres {
	return &store.Postgres{Address: "postgres://" + application + "@/carescan?host=" + p.folder, Owner: owner, Plain: true}
}

func (p *postgres) at(w *world) store.Place {
	return store.Place{Folder: w.region.data, Postgres: p.place()}
}

func (p *postgres) settings() []string {
	return []string{"--database-address", "postgres://" + application + "@127.0.0.1:" + databasePort + "/carescan", "--database-tls", "off", "--rounds", "worker"}
}

func (p *postgres) apart() bool { return true }

// connect reaches a database as a superuser, whom row security does not hold.
func (p *postgres) connect(w *world, name string) *sql.DB {
	db, err := sql.Open("pgx", "postgres://"+superuser+"@/"+name+"?host="+p.folder)
	w.must(err)
	return db
}

func (p *postgres) open(w *world) *sql.DB { return p.connect(w, "carescan") }

// start starts the server and waits until it answers. One that finds processes of the
// server that was killed gives up, and is started again.
func (p *postgres) start(w *world) {
	w.t.Helper()
	for until := time.Now().Add(patience); ; {
		if !p.process.alive() {
			words := append([]string{"setpriv"}, asPostgres(p.program, "-D", p.data(), "-k", p.folder)...)
			p.process = w.launch(w.line.lab.WorldCommand(w.t.Context(), words[0], words[1:]...), w.logFile("postgres"))
		}
		if p.answers(w) {
			return
		}
		if time.Now().After(until) {
			w.fail("the database does not answer\n%s", p.process.said())
		}
		pause(5 * time.Millisecond)
	}
}

func (p *postgres) answers(w *world) bool {
	db := p.connect(w, "postgres")
	defer db.Close()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
	defer cancel()
	return db.PingContext(ctx) == nil
}

func (p *postgres) commit(*world) sign {
	return sign{filepath.Join(p.data(), "pg_wal"), ""}
}

// moments are none of its own: a large bundle lies in the database as any other.
func (p *postgres) moments() []moment { return nil }

func (p *postgres) disturbances() []disturbance {
	return []disturbance{
		{"the database is killed", func(*world, []*task) { p.process.kill() }, 100 * time.Millisecond},
		{"a connection of the database is killed", p.killConnection, 50 * time.Millisecond},
		{"the database is stopped", func(*world, []*task) { p.process.signal(syscall.SIGINT); p.ending = true }, 50 * time.Millisecond},
		{"the database is paused", func(*world, []*task) { p.signalAll(syscall.SIGSTOP) }, 200 * time.Millisecond},
		{"the database and the region are killed", func(w *world, _ []*task) { p.process.kill(); w.region.process.kill() }, 0},
		{"the worker is killed", func(w *world, _ []*task) { w.region.worker.kill() }, 50 * time.Millisecond},
		{"the worker is paused", func(w *world, _ []*task) { w.region.worker.signal(syscall.SIGSTOP) }, 200 * time.Millisecond},
		{"the line to the database is silent", func(w *world, _ []*task) { w.line.fail(w, databasePort, silent) }, 200 * time.Millisecond},
		{"the line to the database refuses", func(w *world, _ []*task) { w.line.fail(w, databasePort, refused) }, 80 * time.Millisecond},
	}
}

func (p *postgres) mend(w *world) {
	w.t.Helper()
	p.signalAll(syscall.SIGCONT)
	if p.ending {
		p.ending = false
		p.process.await(w)
	}
	p.start(w)
}

// killConnection kills a process that works for the region: the server then ends all
// others, and recovers.
func (p *postgres) killConnection(w *world, _ []*task) {
	var working []int
	for _, pid := range p.children() {
		title, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && strings.HasPrefix(string(title), "postgres: "+application+" ") {
			working = append(working, pid)
		}
	}
	if len(working) > 0 {
		_ = syscall.Kill(pick(w, working), syscall.SIGKILL) // it may end meanwhile
	}
}

// signalAll signals the server and all its processes.
func (p *postgres) signalAll(s syscall.Signal) {
	if !p.process.alive() {
		return
	}
	for _, pid := range append(p.children(), p.process.Process.Pid) {
		_ = syscall.Kill(pid, s) // it may end meanwhile
	}
}

func (p *postgres) children() (list []int) {
	pid := p.process.Process.Pid
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil // it has just ended
	}
	for word := range strings.FieldsSeq(string(raw)) {
		if child, err := strconv.Atoi(word); err == nil {
			list = append(list, child)
		}
	}
	return list
}
