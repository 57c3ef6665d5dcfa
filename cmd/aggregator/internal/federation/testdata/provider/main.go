// SPDX-License-Identifier: Apache-2.0

// Command provider is an identity provider for tests, made of the OpenID provider of
// zitadel/oidc and the storage of its example, which can be told to misbehave. It is a
// module of its own, so that nothing of it is linked into a program of ours.
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"flag"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// told is how the provider behaves, as tests say by POST /control.
type told struct {
	sync.Mutex
	acr, audience, nonce string
	amr, groups          []string
	email                string
	key                  *rsa.PrivateKey // of a rotation, nil for the first one
	name                 string          // of that key
}

var now = &told{}

func (t *told) control(w http.ResponseWriter, r *http.Request) {
	t.Lock()
	defer t.Unlock()
	t.acr, t.audience, t.nonce, t.email = r.FormValue("acr"), r.FormValue("audience"), r.FormValue("nonce"), r.FormValue("email")
	t.amr, t.groups = strings.Fields(r.FormValue("amr")), strings.Fields(r.FormValue("groups"))
	if name := r.FormValue("rotate"); name != "" {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			log.Fatal(err)
		}
		t.key, t.name = key, name
	}
	w.WriteHeader(http.StatusNoContent)
}

// misbehaving is the storage of the example, with what was told laid over it.
type misbehaving struct{ *storage.Storage }

// request is what a person asked for, as the tokens will tell of it.
type request struct{ op.AuthRequest }

func (r request) GetACR() string { now.Lock(); defer now.Unlock(); return now.acr }

func (r request) GetAMR() []string { now.Lock(); defer now.Unlock(); return now.amr }

func (r request) GetAudience() []string {
	now.Lock()
	defer now.Unlock()
	if now.audience != "" {
		return []string{now.audience}
	}
	return r.AuthRequest.GetAudience()
}

func (r request) GetNonce() string {
	now.Lock()
	defer now.Unlock()
	if now.nonce != "" {
		return now.nonce
	}
	return r.AuthRequest.GetNonce()
}

func (m misbehaving) AuthRequestByID(ctx context.Context, id string) (op.AuthRequest, error) {
	r, err := m.Storage.AuthRequestByID(ctx, id)
	return request{r}, err
}

func (m misbehaving) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	r, err := m.Storage.AuthRequestByCode(ctx, code)
	return request{r}, err
}

func (m misbehaving) CreateAccessToken(ctx context.Context, r op.TokenRequest) (string, time.Time, error) {
	if wrapped, ok := r.(request); ok {
		r = wrapped.AuthRequest
	}
	return m.Storage.CreateAccessToken(ctx, r)
}

// signingKey and publicKey are the key of a rotation.
type signingKey struct{ *told }

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) ID() string                                  { return k.name }

type publicKey struct{ *told }

func (k publicKey) ID() string                         { return k.name }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.key.PublicKey }

func (m misbehaving) SigningKey(ctx context.Context) (op.SigningKey, error) {
	now.Lock()
	defer now.Unlock()
	if now.key != nil {
		return signingKey{now}, nil
	}
	return m.Storage.SigningKey(ctx)
}

func (m misbehaving) KeySet(ctx context.Context) ([]op.Key, error) {
	now.Lock()
	defer now.Unlock()
	if now.key != nil {
		return []op.Key{publicKey{now}}, nil
	}
	return m.Storage.KeySet(ctx)
}

func (m misbehaving) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	err := m.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin)
	now.Lock()
	defer now.Unlock()
	info.AppendClaims("groups", now.groups)
	if now.email != "" {
		info.Email = now.email
	}
	return err
}

func main() {
	listen := flag.String("listen", "", "address to listen on")
	certificate := flag.String("cert", "", "certificate, PEM")
	key := flag.String("key", "", "its key, PEM")
	redirect := flag.String("redirect", "", "where people are sent back to")
	flag.Parse()
	issuer := "https://" + *listen
	storage.RegisterClients(storage.WebClient("carescan", "agreed", *redirect))
	router := exampleop.SetupServer(issuer, misbehaving{storage.NewStorage(storage.NewUserStore(issuer))}, slog.New(slog.DiscardHandler), false)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /control", now.control)
	mux.Handle("/", router)
	log.Fatal(http.ListenAndServeTLS(*listen, *certificate, *key, mux))
}
