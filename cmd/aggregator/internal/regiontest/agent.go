// SPDX-License-Identifier: Apache-2.0

package regiontest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/internal/wire"
	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// Software is what test agents call themselves.
const Software = "carescan-agent 0.1.0-test"

// Agent is an enrolled agent.
type Agent struct {
	ID     string
	Site   scanner.Establishment
	Key    *ecdsa.PrivateKey
	Client *http.Client
	region *Region
	seq    uint64
	last   string // digest of the bundle it sealed last
}

// Answer is what the aggregator said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Token makes an enrolment token for an establishment.
func (r *Region) Token(finess scanner.FINESS) wire.Token {
	r.t.Helper()
	return r.invite(authority.Invitation{FINESS: finess, AgentURL: r.URL, CreatedBy: "test"})
}

func (r *Region) invite(i authority.Invitation) wire.Token {
	r.t.Helper()
	word, _, err := r.Authority.Invite(r.t.Context(), r.Store, i)
	if err != nil {
		r.t.Fatal(err)
	}
	return must(wire.ParseToken(word))(r.t)
}

// Enrol enrols an agent as a real one does.
func (r *Region) Enrol(finess scanner.FINESS) *Agent {
	r.t.Helper()
	return r.enrolWith(r.Token(finess))
}

// EnrolToApprove enrols an agent that waits until a person approves it.
func (r *Region) EnrolToApprove(finess scanner.FINESS) *Agent {
	r.t.Helper()
	return r.enrolWith(r.invite(authority.Invitation{FINESS: finess, AgentURL: r.URL, CreatedBy: "test", Approve: true}))
}

func (r *Region) enrolWith(token wire.Token) *Agent {
	r.t.Helper()
	key := NewKey(r)
	request := wire.EnrolRequest{Secret: token.Secret, CSR: Request(r, key), Software: Software}
	answer := Send(r, r.Client(nil), http.MethodPost, wire.PathEnrol, wire.MediaJSON, encode(r, request))
	if answer.Status != http.StatusCreated {
		r.t.Fatalf("enrol: status %d, %s", answer.Status, answer.Body)
	}
	var response wire.EnrolResponse
	if err := json.Unmarshal(answer.Body, &response); err != nil {
		r.t.Fatal(err)
	}
	return r.Agent(response, key)
}

// Agent is the agent that a certificate makes.
func (r *Region) Agent(response wire.EnrolResponse, key *ecdsa.PrivateKey) *Agent {
	r.t.Helper()
	block, _ := pem.Decode([]byte(response.Certificate))
	certificate := &tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}
	return &Agent{ID: response.AgentID, Site: response.Establishment, Key: key, Client: r.Client(certificate), region: r}
}

// NewKey makes the key of an agent.
func NewKey(r *Region) *ecdsa.PrivateKey {
	r.t.Helper()
	return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(r.t)
}

// Request makes a certificate request.
func Request(r *Region, key *ecdsa.PrivateKey) string {
	r.t.Helper()
	der := must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key))(r.t)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// In is the agent as part of another test, such as one fuzzed input.
func (a *Agent) In(t testing.TB) *Agent {
	region, agent := *a.region, *a
	region.t, agent.region = t, &region
	return &agent
}

// At is a copy of the agent, as it is now, that speaks to a region: one restored
// from a copy, or the same for a machine that was cloned.
func (a *Agent) At(r *Region) *Agent {
	agent := *a
	agent.region = r
	return &agent
}

// Region is the region that the agent speaks to.
func (a *Agent) Region() *Region { return a.region }

// Header is the header of the agent's next bundle.
func (a *Agent) Header() bundle.Header {
	a.region.t.Helper()
	a.seq++
	id := must(uuid.NewV7())(a.region.t)
	return bundle.Header{
		ID: id.String(), Seq: a.seq, AgentID: a.ID, Software: Software, SealedAt: time.Now().UTC(), FINESS: a.Site.FINESS,
		Previous: a.last,
	}
}

// Seal seals a run under a header.
func (a *Agent) Seal(h bundle.Header, run scanner.Run) []byte {
	a.region.t.Helper()
	raw := must(bundle.Seal(bundle.Bundle{Header: h, Run: run}, a.Key))(a.region.t)
	a.last = scanner.Digest(raw)
	return raw
}

// SealAnything seals a run as an agent that lies would: Seal refuses what contradicts
// itself.
func (a *Agent) SealAnything(h bundle.Header, run scanner.Run) []byte {
	a.region.t.Helper()
	text := encode(a.region, map[string]any{"header": h, "run": run, "artifacts": []any{}})
	encoder := must(zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)))(a.region.t)
	defer encoder.Close()
	raw := must(envelope.Seal(bundle.PayloadType, encoder.EncodeAll(text, nil), a.Key))(a.region.t)
	a.last = scanner.Digest(raw)
	return raw
}

// Put sends a bundle under a name.
func (a *Agent) Put(id string, raw []byte) Answer {
	a.region.t.Helper()
	return Send(a.region, a.Client, http.MethodPut, wire.PathBundles+"/"+id, wire.MediaBundle, raw)
}

// Deliver seals a run, sends it, demands that it is stored and returns the name
// of the bundle.
func (a *Agent) Deliver(run scanner.Run) string {
	a.region.t.Helper()
	h := a.Header()
	if answer := a.Put(h.ID, a.Seal(h, run)); answer.Status != http.StatusCreated {
		a.region.t.Fatalf("deliver: status %d, %s", answer.Status, answer.Body)
	}
	return h.ID
}

// Send sends a request to the agent interface.
func Send(r *Region, client *http.Client, method, path, media string, body []byte) Answer {
	r.t.Helper()
	request := must(http.NewRequestWithContext(r.t.Context(), method, r.URL+path, bytes.NewReader(body)))(r.t)
	request.Header.Set("Content-Type", media)
	return Do(r, client, request)
}

// Do sends a request and reads the whole answer.
func Do(r *Region, client *http.Client, request *http.Request) Answer {
	r.t.Helper()
	response := must(client.Do(request))(r.t)
	defer response.Body.Close()
	return Answer{response.StatusCode, response.Header, must(io.ReadAll(response.Body))(r.t)}
}

func encode(r *Region, v any) []byte {
	r.t.Helper()
	return must(json.Marshal(v))(r.t)
}
