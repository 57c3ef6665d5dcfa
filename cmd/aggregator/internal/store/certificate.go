// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"carescan/scanner"
)

// Certificate is what the region certified of an agent. Those of one agent are its
// lineage, in the order they were issued, whatever clocks said meanwhile.
type Certificate struct {
	Serial       string
	AgentID      string
	FINESS       scanner.FINESS
	PublicKey    []byte // PKIX, DER
	KeyDigest    string
	NotBefore    time.Time
	NotAfter     time.Time
	SupersededBy string // serial of the one that was asked for with it
	FirstUsedAt  time.Time
	RevokedAt    time.Time
	// Replaced tells that a later one of the lineage was used: from then on, this one is
	// worth nothing. Before, the answer that bore the later one may have been lost.
	Replaced bool
}

var selectCertificate = `
	SELECT serial, agent_id, finess, public_key, key_digest, not_before, not_after, superseded_by, first_used_at, revoked_at,
	       EXISTS (SELECT 1 FROM agent_cert AS later WHERE later.agent_id = agent_cert.agent_id
	               AND later.place > agent_cert.place AND later.first_used_at > 0)
	FROM agent_cert WHERE ` + within("finess")

// Certificate finds a certificate by its serial number.
func (s *Store) Certificate(ctx context.Context, scope Scope, serial string) (Certificate, error) {
	c, err := one(ctx, s.view(scope), scanCertificate, selectCertificate+` AND serial = $2`, scope.sees, serial)
	return c, wrap(err, "find certificate %s", serial)
}

// Certificates lists every certificate of an agent, newest first: a bundle may
// have been sealed before the last renewal.
func (s *Store) Certificates(ctx context.Context, scope Scope, agent string) ([]Certificate, error) {
	list, err := many(ctx, s.view(scope), scanCertificate,
		selectCertificate+` AND agent_id = $2 ORDER BY place DESC, serial`, scope.sees, agent)
	return list, wrap(err, "list certificates of agent %s", agent)
}

// UseCertificate records that a certificate was used for the first time, which takes
// from those before it what they were worth.
func (s *Store) UseCertificate(ctx context.Context, c Certificate, at time.Time) error {
	_, err := s.change(ctx, Only(c.FINESS), `UPDATE agent_cert SET first_used_at = $1 WHERE serial = $2 AND first_used_at = 0`, stamp(at), c.Serial)
	return wrap(err, "note the use of certificate %s", c.Serial)
}

// Recognise takes back into the lineage of an agent a certificate that the region made
// and forgot: one renewed after the copy that the region was restored from. Its place is
// not known any more: it is the last, unless one that began later was used.
func (s *Store) Recognise(ctx context.Context, c Certificate) error {
	err := s.write(ctx, Only(c.FINESS), func(tx *transaction) error {
		if err := insertCertificate(ctx, tx, c); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE agent_cert SET place = 0 WHERE serial = $1 AND EXISTS (
			SELECT 1 FROM agent_cert AS later WHERE later.agent_id = $2 AND later.not_before > $3 AND later.first_used_at > 0)`,
			c.Serial, c.AgentID, stamp(c.NotBefore))
		return err
	})
	return wrap(err, "recognise certificate %s", c.Serial)
}

// Renew records the new certificate of an agent, which supersedes another.
func (s *Store) Renew(ctx context.Context, c Certificate, supersedes, software string) error {
	err := s.write(ctx, Only(c.FINESS), func(tx *transaction) error {
		if err := insertCertificate(ctx, tx, c); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE agent_cert SET superseded_by = $1 WHERE serial = $2 AND agent_id = $3`,
			c.Serial, supersedes, c.AgentID); err != nil {
			return err
		}
		return changedOne(tx.ExecContext(ctx, `
			UPDATE agent SET software = $1, last_seen = $2 WHERE id = $3 AND state IN ('active', 'suspended')`,
			software, stamp(c.NotBefore), c.AgentID))
	})
	return wrap(err, "renew agent %s", c.AgentID)
}

func insertCertificate(ctx context.Context, q querier, c Certificate) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO agent_cert (serial, agent_id, finess, public_key, key_digest, not_before, not_after, place)
		VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT COALESCE(MAX(place), 0) + 1 FROM agent_cert WHERE agent_id = $2)) ON CONFLICT (serial) DO NOTHING`,
		c.Serial, c.AgentID, c.FINESS, c.PublicKey, c.KeyDigest, stamp(c.NotBefore), stamp(c.NotAfter))
	return err
}

func scanCertificate(r row) (c Certificate, err error) {
	err = r.Scan(&c.Serial, &c.AgentID, &c.FINESS, &c.PublicKey, &c.KeyDigest, (*moment)(&c.NotBefore), (*moment)(&c.NotAfter),
		&c.SupersededBy, (*moment)(&c.FirstUsedAt), (*moment)(&c.RevokedAt), &c.Replaced)
	return c, err
}
