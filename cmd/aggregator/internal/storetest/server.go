// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"carescan/cmd/aggregator/internal/store"
)

// server is the PostgreSQL of a test binary: as the guide has it made, on a socket in a
// folder that goes with it.
type server struct {
	folder string
	stop   io.Closer // its end of the pipe that keeps the server alive
	admin  *sql.DB
	made   int // databases, so far
	sync.Mutex
}

// The roles of a region, as the guide names them.
const (
	owner       = "carescan_owner"
	application = "carescan"
	superuser   = "postgres"
	template    = "region" // a database with the schema and nothing else
)

// running is started once for a test binary.
var running = sync.OnceValues(func() (*server, error) { return start(context.Background()) })

var errAbsent = errors.New("PostgreSQL is not installed (Debian: postgresql)")

// postgres returns the server of this binary. Absent, it skips the test; in continuous
// integration (CI=true), which must have it, it fails.
func postgres(t testing.TB) *server {
	t.Helper()
	s, err := running()
	if errors.Is(err, errAbsent) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// program finds a program of the newest PostgreSQL.
func program(name string) (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is well formed
	if len(found) == 0 {
		return "", errAbsent
	}
	return slices.Max(found), nil
}

// supervise keeps a server until nobody holds the other end of its input, which the
// kernel sees to however a test binary ends.
const supervise = `"$0" -D "$1/data" -k "$1" & cat > /dev/null; kill -QUIT $!; wait $!; rm -rf "$1"`

const configuration = `
listen_addresses = ''
max_connections = 300
shared_buffers = 64MB
autovacuum = off
wal_level = minimal
max_wal_senders = 0
min_wal_size = 32MB
max_wal_size = 256MB
checkpoint_timeout = 1h
log_min_messages = fatal
`

func start(ctx context.Context) (*server, error) {
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	binary, err := program("postgres")
	if err != nil {
		return nil, err
	}
	s := &server{}
	if s.folder, err = os.MkdirTemp(memory(), "carescan-pg-"); err != nil {
		return nil, fmt.Errorf("make folder of PostgreSQL: %w", err)
	}
	who, err := unprivileged(s.folder)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(s.folder, "data")
	made := exec.CommandContext(ctx, initdb, "-D", data, "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	made.SysProcAttr, made.Dir = who, s.folder
	if said, err := made.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, said)
	}
	file, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	if _, err := file.WriteString(configuration); err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	shell := exec.CommandContext(ctx, "/bin/sh", "-c", supervise, binary, s.folder)
	shell.SysProcAttr, shell.Dir = who, "/"
	if s.stop, err = shell.StdinPipe(); err != nil {
		return nil, err
	}
	if err := shell.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, s.prepare(ctx)
}

// memory is a folder in memory, where what is made durable costs nothing, if it has room.
func memory() string {
	const inMemory, room = "/dev/shm", 2 << 30
	var space syscall.Statfs_t
	if err := syscall.Statfs(inMemory, &space); err == nil && space.Bavail*uint64(space.Bsize) > room {
		return inMemory
	}
	return os.TempDir()
}

// unprivileged gives a folder to who the server runs as: it refuses root. In a group of
// its own, it does not hear the interruption of a terminal before it is told.
func unprivileged(folder string) (*syscall.SysProcAttr, error) {
	who := &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return who, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("find who PostgreSQL runs as: %w", err)
	}
	uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(errUID, errGID); err != nil {
		return nil, err
	}
	who.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return who, os.Chown(folder, int(uid), int(gid))
}

// prepare waits for the server, and makes the template of all databases.
func (s *server) prepare(ctx context.Context) (err error) {
	if s.admin, err = s.connect("postgres"); err != nil {
		return err
	}
	const patience = 2 * time.Minute // on a machine that is busy with other tests
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for s.admin.PingContext(waiting) != nil {
		if waiting.Err() != nil {
			return fmt.Errorf("PostgreSQL does not answer: %w", waiting.Err())
		}
		pause(waiting)
	}
	for _, statement := range []string{
		"CREATE ROLE " + owner + " LOGIN", "CREATE ROLE " + application + " LOGIN",
		"CREATE DATABASE " + template + " OWNER " + owner,
	} {
		if _, err := s.admin.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if err := s.database(template).Migrate(ctx); err != nil {
		return fmt.Errorf("migrate the template: %w", err)
	}
	return nil
}

// pause lets a moment pass between two questions.
func pause(ctx context.Context) {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
}

func (s *server) database(name string) *store.Postgres {
	return &store.Postgres{Address: "postgres://" + application + "@/" + name + "?host=" + s.folder, Owner: owner, Plain: true}
}

// connect reaches a database as a superuser, whom row security does not hold.
func (s *server) connect(database string) (*sql.DB, error) {
	c, err := pgx.ParseConfig("postgres://" + superuser + "@/" + database + "?host=" + s.folder)
	if err != nil {
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	return stdlib.OpenDB(*c), nil
}

// create makes a database like another, for one test.
func (s *server) create(t testing.TB, like string) *store.Postgres {
	t.Helper()
	s.Lock() // a template serves one copy at a time
	defer s.Unlock()
	s.made++
	name := "test_" + strconv.Itoa(s.made)
	if _, err := s.admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+like+" OWNER "+owner); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := s.admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.database(name)
}
