// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Postgres is a database of PostgreSQL: where it is, and as whom it is used. Row security
// says a second time what the predicate of each query says of its scope.
type Postgres struct {
	// Address is postgres://role@host:port/database; of a socket,
	// postgres://role@/database?host=/run/postgresql. It holds no password.
	Address  string
	Password string
	// Owner is the role that owns the tables, and alone may change the schema.
	Owner         string
	OwnerPassword string
	// Plain gives up TLS, which is always used and verified otherwise.
	Plain bool
	// CAFile holds the authorities that may certify the server, PEM; empty for those of
	// the system.
	CAFile string
}

const (
	postgresWriters = 4
	postgresReaders = 8
	// oldestPostgres is the first version that this code is tried with.
	oldestPostgres = 15_00_00
	// postgresInline bounds no blob: replicas share nothing but the database.
	postgresInline = 1 << 30
	// longestPause is how long a transaction may wait for its own program, which may be
	// frozen or gone, before what it holds is given back.
	longestPause = time.Minute
)

// The first keys of the locks that transactions take in turn.
const (
	lockRegion        = 0x4353_0001
	lockEstablishment = 0x4353_0002
)

// ParsePostgres reads an address, which holds no password.
func ParsePostgres(address string) (Postgres, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Postgres{}, errors.New("not an address") // the error of url would repeat it, password included
	}
	_, secret := u.User.Password()
	host := u.Query()["host"]
	switch {
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return Postgres{}, errors.New("it does not begin with postgres://")
	case secret || u.Query().Has("password"):
		return Postgres{}, ErrPasswordInAddress
	case u.User.Username() == "":
		return Postgres{}, errors.New("it names no role")
	case strings.Trim(u.Path, "/") == "" || strings.Contains(strings.Trim(u.Path, "/"), "/"):
		return Postgres{}, errors.New("it names no database")
	case len(u.Query()) > len(host) || len(host) > 1 || len(host) == 1 && (u.Host != "" || !strings.HasPrefix(host[0], "/")):
		return Postgres{}, errors.New("it may only name the folder of a socket after the question mark: ?host=/run/postgresql")
	case len(host) == 0 && u.Hostname() == "":
		return Postgres{}, errors.New("it names no server")
	}
	return Postgres{Address: address}, nil
}

// ErrPasswordInAddress refuses a secret where it would be shown.
var ErrPasswordInAddress = errors.New("the address holds a password")

// Local tells whether the server is on this machine, where no network carries what is said.
func (p Postgres) Local() bool {
	u, err := url.Parse(p.Address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Host == "" || ip != nil && ip.IsLoopback() || u.Hostname() == "localhost"
}

// settings are those of a connection of the application, or of the owner.
func (p Postgres) settings(role, password, scope string) (*pgx.ConnConfig, error) {
	u, err := url.Parse(p.Address)
	if err != nil {
		return nil, errors.New("read the address of the database")
	}
	u.User = url.User(role)
	query := u.Query()
	query.Set("sslmode", "verify-full")
	if p.Plain {
		query.Set("sslmode", "disable")
	}
	if p.CAFile != "" {
		query.Set("sslrootcert", p.CAFile)
	}
	u.RawQuery = query.Encode()
	c, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, fmt.Errorf("read the address of the database: %w", err)
	}
	c.Password = password
	c.ConnectTimeout = 10 * time.Second
	c.RuntimeParams = map[string]string{
		"application_name": "carescan-aggregator", "search_path": "public", "synchronous_commit": "on",
		"idle_in_transaction_session_timeout": strconv.FormatInt(longestPause.Milliseconds(), 10),
		"carescan.scope":                      scope,
	}
	return c, nil
}

// role is the one that the application uses.
func (p Postgres) role() string {
	u, err := url.Parse(p.Address)
	if err != nil {
		return ""
	}
	return u.User.Username()
}

func (p Postgres) open(context.Context) (writer, reader *sql.DB, err error) {
	c, err := p.settings(p.role(), p.Password, "")
	if err != nil {
		return nil, nil, err
	}
	writer, reader = stdlib.OpenDB(*c), stdlib.OpenDB(*c)
	for db, most := range map[*sql.DB]int{writer: postgresWriters, reader: postgresReaders} {
		db.SetMaxOpenConns(most)
		db.SetMaxIdleConns(most)
		db.SetConnMaxIdleTime(5 * time.Minute)
	}
	return writer, reader, nil
}

// ErrOldSchema says that the schema of the database is not that of this program.
var ErrOldSchema = errors.New("the schema of the database is not up to date")

// prepare changes nothing: the application may not.
func (p Postgres) prepare(ctx context.Context, s *Store) error {
	provider, err := migrator(goose.DialectPostgres, "postgres", s.writer)
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	version, err := s.Version(ctx)
	// undefined_table, and insufficient_privilege before the application was given any
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && (refused.Code == "42P01" || refused.Code == "42501") {
		return fmt.Errorf("%w: it was never made", ErrOldSchema)
	}
	if err != nil || len(sources) == 0 {
		return wrap(err, "read the version of the schema")
	}
	if want := sources[len(sources)-1].Version; version != want {
		return fmt.Errorf("%w: it has version %d, this program needs %d", ErrOldSchema, version, want)
	}
	return checkQueue(ctx, p.queue(s.writer))
}

// Migrate brings the schema up to date as the owner, and gives the application its rights.
func (p Postgres) Migrate(ctx context.Context) (err error) {
	c, err := p.settings(p.Owner, p.OwnerPassword, everything)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*c)
	defer func() { err = errors.Join(err, db.Close()) }()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("make the lock of migrations: %w", err)
	}
	provider, err := migrator(goose.DialectPostgres, "postgres", db, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	if err := migrateQueue(ctx, p.queue(db)); err != nil {
		return err
	}
	// So that a region has room before its first round.
	for n := range monthsAhead + 1 {
		month := monthOf(time.Now()).AddDate(0, n, 0)
		if _, err := db.ExecContext(ctx, addMonth, month.Format(time.DateOnly)); err != nil {
			return wrap(err, "make room for %s", month.Format("2006-01"))
		}
	}
	return p.grant(ctx, db)
}

// grant gives the application what it needs of every table, and nothing of partitions,
// which are only reached through their table.
func (p Postgres) grant(ctx context.Context, db *sql.DB) error {
	role := pgx.Identifier{p.role()}.Sanitize()
	tables, err := readAll(ctx, db, scanString, `
		SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname`)
	if err != nil {
		return wrap(err, "list tables")
	}
	statements := []string{
		"GRANT USAGE ON SCHEMA public TO " + role,
		"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO " + role,
		"REVOKE ALL ON FUNCTION carescan_add_month(DATE) FROM PUBLIC",
		"GRANT EXECUTE ON FUNCTION carescan_add_month(DATE) TO " + role,
	}
	for _, table := range tables {
		rights := "SELECT, INSERT, UPDATE, DELETE"
		if table == "goose_db_version" || table == "river_migration" {
			rights = "SELECT"
		}
		statements = append(statements, "GRANT "+rights+" ON "+pgx.Identifier{table}.Sanitize()+" TO "+role)
	}
	_, err = db.ExecContext(ctx, strings.Join(statements, "; "))
	return wrap(err, "give the application role its rights")
}

// The reasons for which a database is refused.
var (
	ErrUnlikeSettings = errors.New("the database does not keep the promises that a region rests on")
	ErrPowerfulRole   = errors.New("the role of the application escapes row security")
	ErrUnguarded      = errors.New("tables lack row security")
)

func (p Postgres) verify(ctx context.Context, s *Store) error {
	var version int
	var fsync, pages, commit, encoding, collation, provider string
	if err := s.reader.QueryRowContext(ctx, `
		SELECT current_setting('server_version_num')::int, current_setting('fsync'), current_setting('full_page_writes'),
		       current_setting('synchronous_commit'), pg_encoding_to_char(encoding), datcollate, datlocprovider
		FROM pg_database WHERE datname = current_database()`).
		Scan(&version, &fsync, &pages, &commit, &encoding, &collation, &provider); err != nil {
		return fmt.Errorf("read the settings of the database: %w", err)
	}
	switch {
	case version < oldestPostgres:
		return fmt.Errorf("%w: the server is older than version %d", ErrUnlikeSettings, oldestPostgres/1_00_00)
	case fsync != "on" || pages != "on" || commit != "on":
		return fmt.Errorf("%w: fsync, full_page_writes and synchronous_commit are %s, %s and %s, not all on", ErrUnlikeSettings, fsync, pages, commit)
	case encoding != "UTF8" || provider != "c" || !slices.Contains([]string{"C", "POSIX", "C.UTF-8", "C.utf8"}, collation):
		return fmt.Errorf("%w: the database has encoding %s and order %s, not UTF8 and C.UTF-8", ErrUnlikeSettings, encoding, collation)
	}
	if err := verifyRole(ctx, s.reader); err != nil {
		return err
	}
	return verifyGuards(ctx, s.reader)
}

// verifyRole refuses a role that row security does not hold, or that may become one.
func verifyRole(ctx context.Context, db querier) error {
	roles, err := readAll(ctx, db, scanString, `
		SELECT rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER') AND (rolsuper OR rolbypassrls
		    OR EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace)) ORDER BY rolname`)
	if err != nil {
		return wrap(err, "read the role of the application")
	}
	if len(roles) > 0 {
		return fmt.Errorf("%w: it is, or may become, %s", ErrPowerfulRole, strings.Join(roles, ", "))
	}
	return nil
}

// verifyGuards names the tables of establishments that row security does not hold.
func verifyGuards(ctx context.Context, db querier) error {
	open, err := readAll(ctx, db, scanString, `
		SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
		    AND NOT (relrowsecurity AND relforcerowsecurity)
		    AND EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'finess') ORDER BY relname`)
	if err != nil {
		return wrap(err, "read the row security of the tables")
	}
	if len(open) > 0 {
		return fmt.Errorf("%w: %s", ErrUnguarded, strings.Join(open, ", "))
	}
	return nil
}

// check has the server read every row, long values included; blobs are read when they are
// compared with their names.
func (p Postgres) check(ctx context.Context, s *Store) error {
	tables, err := many(ctx, s.view(Region()), scanString, `
		SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
		    AND relname <> 'blob' AND has_table_privilege(oid, 'SELECT') ORDER BY relname`)
	if err != nil {
		return wrap(err, "list tables")
	}
	for _, table := range tables {
		// One transaction for each: none keeps a table from whoever adds its partitions.
		_, err := one(ctx, s.view(Region()), scanInt64, `SELECT COALESCE(SUM(LENGTH(t::text)), 0) FROM `+pgx.Identifier{table}.Sanitize()+` AS t`)
		switch {
		case p.again(err):
			return wrap(err, "read table %s", table)
		case err != nil:
			return fmt.Errorf("database is damaged: read table %s: %w", table, err)
		}
	}
	return nil
}

func (p Postgres) read(ctx context.Context, s *Store, scope Scope, do func(querier) error) (err error) {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer func() {
		if ended := tx.Rollback(); !errors.Is(ended, sql.ErrTxDone) {
			err = errors.Join(err, ended)
		}
	}()
	if err := setScope(ctx, tx, scope); err != nil {
		return err
	}
	return do(tx)
}

// setScope has row security show what a scope sees, until the transaction ends.
func setScope(ctx context.Context, tx *sql.Tx, scope Scope) error {
	_, err := tx.ExecContext(ctx, `SELECT set_config('carescan.scope', $1, true)`, scope.sees)
	return wrap(err, "set what is seen")
}

// begin has the server keep transactions apart as if each were alone, and refuse one that
// would notice another. Those that go in turn wait instead: their lock comes before
// anything that they read.
func (p Postgres) begin(ctx context.Context, s *Store, scope Scope, inTurn bool) (*sql.Tx, error) {
	isolation := sql.LevelSerializable
	if inTurn {
		isolation = sql.LevelReadCommitted
	}
	tx, err := s.writer.BeginTx(ctx, &sql.TxOptions{Isolation: isolation})
	if err != nil {
		return nil, err
	}
	err = setScope(ctx, tx, scope)
	if err == nil && inTurn {
		err = takeTurn(ctx, tx, scope)
	}
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

func takeTurn(ctx context.Context, tx *sql.Tx, scope Scope) error {
	if scope.IsRegion() {
		_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1, 0)`, lockRegion)
		return wrap(err, "wait for the turn of the region")
	}
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared($1, 0)`, lockRegion); err != nil {
		return wrap(err, "wait for the region")
	}
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1, hashtext($2))`, lockEstablishment, scope.sees)
	return wrap(err, "wait for the turn of %s", scope)
}

// IsConnection tells whether an error is that of reaching the server.
func IsConnection(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

// again knows serialization_failure and deadlock_detected.
func (Postgres) again(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (refused.Code == "40001" || refused.Code == "40P01")
}

func (Postgres) place(n int) string { return "$" + strconv.Itoa(n) }

func (Postgres) still(ctx context.Context, s *Store) (*sql.Tx, error) {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return nil, err
	}
	if err := setScope(ctx, tx, Region()); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

func (Postgres) catalog() (columns, refersTo string) {
	const of = ` WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition`
	return `SELECT t.relname, c.attname FROM pg_class AS t JOIN pg_attribute AS c ON c.attrelid = t.oid` + of + ` AND c.attnum > 0 AND NOT c.attisdropped`,
		`SELECT t.relname, f.confrelid::regclass::text FROM pg_class AS t JOIN pg_constraint AS f ON f.conrelid = t.oid` + of + ` AND f.contype = 'f'`
}

func (Postgres) overridesIdentity() string { return " OVERRIDING SYSTEM VALUE" }

// scrub leaves it to the server, which reuses the room of rows that are gone (autovacuum):
// the application owns no table.
func (Postgres) scrub(context.Context, *Store) error { return nil }

func (Postgres) inlineBlob() int { return postgresInline }
