// SPDX-License-Identifier: Apache-2.0

package life

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
)

const finess = "990000028"

// TestLife enrols an agent with approval, renews it, clones it, suspends it and lets it in
// again, cuts it off past the end of its certificate, and revokes it. Each step is made
// with the real programs, and is seen on the page of the agent and in the journal.
func TestLife(t *testing.T) {
	if !inNamespace(t) {
		return // it ran there
	}
	r := newRegion(t)
	r.command(t, 0, "establishment", "add", "--finess", finess, "--name", "CHU de la Montagne")
	admin := r.signIn(t)
	machine := newMachine(t, "machine")

	agent := r.enrolWithApproval(t, admin, machine)
	page := "/agents/" + agent
	daemon := machine.daemon(t)
	admin.awaits(t, page, "agent pas encore approuvé</th>", "Prochain passage")
	machine.statusAwaits(t, "l'agent attend l'approbation du centre régional", r.codeOf(t, agent))
	r.wantBundles(t, 0)
	r.command(t, 2, "agent", "approve", agent, "--code", "AAAA-AAAA")
	r.command(t, 0, "agent", "approve", agent, "--code", r.codeOf(t, agent))
	admin.awaits(t, page, "actif</span>")
	r.awaitBundles(t, 1)

	// Renewed, beside the daemon; a copy of the machine has the certificate before it.
	clone := machine.copied(t, "clone")
	if said := machine.run(t, 0, "renew"); !strings.Contains(said, "Certificat renouvelé") {
		t.Errorf("renew says %q", said)
	}
	admin.awaits(t, page, "remplacé : n’ouvre plus rien", "en vigueur")
	daemon.stop(t)

	if said := clone.run(t, 3, "scan", "--send", "--quiet"); !strings.Contains(said, "n'accepte pas, ou n'accepte plus, cet agent") {
		t.Errorf("the clone is told %q", said)
	}
	admin.awaits(t, page, "certificat remplacé, dont le successeur a servi")
	r.wantBundles(t, 1)

	// Suspended by page, and let in again: what was kept leaves.
	admin.post(t, page+"/suspend")
	admin.awaits(t, page, "suspendu</span>")
	if said := machine.run(t, 3, "scan", "--send", "--quiet"); !strings.Contains(said, "le centre régional a suspendu cet agent") {
		t.Errorf("a suspended agent is told %q", said)
	}
	admin.awaits(t, page, "agent suspendu</th>")
	r.wantBundles(t, 1)
	admin.post(t, page+"/resume")
	machine.run(t, 3, "scan", "--send", "--quiet")
	r.wantBundles(t, 3)

	// Cut off until two minutes after the end of its certificate.
	r.endCertificate(t, agent, machine)
	admin.awaits(t, page, "échu")
	machine.run(t, 3, "scan", "--send", "--quiet")
	r.wantBundles(t, 4)
	admin.awaits(t, page, "en vigueur")

	admin.post(t, page+"/revoke")
	if said := machine.run(t, 3, "scan", "--send", "--quiet"); !strings.Contains(said, "n'accepte pas, ou n'accepte plus, cet agent") {
		t.Errorf("a revoked agent is told %q", said)
	}
	admin.awaits(t, page, "révoqué</span>", "agent révoqué</th>")
	r.wantBundles(t, 4)
	admin.awaits(t, "/audit", "enrôlement", "approbation d’un agent", "renouvellement de certificat", "suspension d’un agent", "reprise d’un agent suspendu",
		"révocation d’un agent", "refus : agent pas encore approuvé", "refus : certificat remplacé, dont le successeur a servi", "refus : agent suspendu",
		"refus : agent révoqué", "agent 1, CHU de la Montagne ("+finess+")")
}

var tokenWord = regexp.MustCompile(`cst1\.[A-Za-z0-9_-]+`)

// enrolWithApproval enrols a machine with a token that asks for approval, and checks that
// both sides show one code.
func (r *region) enrolWithApproval(t *testing.T, admin *visitor, m machine) (agent string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "jeton.txt")
	token := tokenWord.FindString(r.command(t, 0, "enrol-token", "create", "--approve", "--establishment", finess))
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	said := m.run(t, 0, "enrol", "--token-file", file)
	listed := r.command(t, 0, "agent", "list")
	agent = regexp.MustCompile(`(?m)^[0-9a-f-]{36}`).FindString(listed)
	code := r.codeOf(t, agent)
	if !strings.Contains(said, code) || !strings.Contains(said, "l'agent attend l'approbation du centre régional") || !strings.Contains(listed, code) {
		t.Errorf("the agent says %q, the region %q, want one code", said, listed)
	}
	admin.awaits(t, "/agents/"+agent, "À approuver", code)
	return agent
}

// codeOf is the code of the key that the region holds of an agent.
func (r *region) codeOf(t *testing.T, agent string) string {
	t.Helper()
	var digest string
	if err := r.database(t).QueryRowContext(t.Context(), `SELECT key_digest FROM agent_cert WHERE agent_id = ?`, agent).Scan(&digest); err != nil {
		t.Fatal(err)
	}
	return wire.ApprovalCode(digest)
}

// endCertificate has the certificate of a machine end two minutes ago. No clock of the
// programs can be moved: the authority of the region makes one that has ended.
func (r *region) endCertificate(t *testing.T, agent string, m machine) {
	t.Helper()
	at := time.Now().Add(-authority.AgentLife - 2*time.Minute)
	ca, err := authority.Open(r.data)
	if err != nil {
		t.Fatal(err)
	}
	request := m.request(t)
	issued, err := ca.Certify(request, finess, agent, at)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Place{Folder: r.data})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Renew(t.Context(), store.Certificate{
		Serial: issued.Serial, AgentID: agent, FINESS: finess, PublicKey: request.PublicKey, KeyDigest: request.KeyID,
		NotBefore: issued.NotBefore, NotAfter: issued.NotAfter,
	}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	m.keep(t, issued.PEM)
}

// request asks for a certificate with the key of the machine.
func (m machine) request(t *testing.T) authority.Request {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(m.state(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	request, err := authority.ParseRequest(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// keep gives the machine another certificate.
func (m machine) keep(t *testing.T, certificate string) {
	t.Helper()
	path := filepath.Join(m.state(), "enrolment.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var kept map[string]any
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatal(err)
	}
	kept["certificate"] = certificate
	if raw, err = json.Marshal(kept); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *region) database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.data, "carescan.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (r *region) countBundles(t *testing.T) (n int) {
	t.Helper()
	if err := r.database(t).QueryRowContext(t.Context(), `SELECT COUNT(*) FROM bundle`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (r *region) wantBundles(t *testing.T, want int) {
	t.Helper()
	if got := r.countBundles(t); got != want {
		t.Errorf("the region holds %d bundles, want %d", got, want)
	}
}

func (r *region) awaitBundles(t *testing.T, want int) {
	t.Helper()
	eventually(t, func() string {
		if got := r.countBundles(t); got != want {
			return fmt.Sprintf("the region holds %d bundles, want %d", got, want)
		}
		return ""
	})
}

// stop ends a daemon as a service manager does.
func (d process) stop(t *testing.T) {
	t.Helper()
	if err := d.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := d.Wait(); err != nil {
		t.Errorf("asked to end, the daemon says %v", err)
	}
}
