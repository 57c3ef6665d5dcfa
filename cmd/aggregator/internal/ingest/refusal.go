// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
)

// refusal is an answer other than success. What the other side learns is the
// problem; the cause is for the log.
type refusal struct {
	problem wire.Problem
	retry   time.Duration
	cause   error
	kind    store.RefusalKind // of an agent that is known; empty for what its status says
}

// Error is for the log.
func (r *refusal) Error() string { return fmt.Sprintf("%s: %v", r.problem.Title, r.cause) }

// Unwrap gives the cause.
func (r *refusal) Unwrap() error { return r.cause }

func refuse(status int, detail string, cause error) *refusal {
	return &refusal{problem: wire.Problem{Title: http.StatusText(status), Status: status, Detail: detail}, cause: cause}
}

// unknown and forbidden say the same whatever the cause, so that nobody learns
// which agents, tokens or establishments exist.
func unknown(cause error) *refusal {
	return refuse(http.StatusUnauthorized, "the agent is not accepted", cause)
}

func forbidden(cause error) *refusal {
	return refuse(http.StatusForbidden, "the agent is not accepted", cause)
}

func malformed(cause error) *refusal { return refuse(http.StatusBadRequest, cause.Error(), cause) }

func meaningless(cause error) *refusal {
	return refuse(http.StatusUnprocessableEntity, cause.Error(), cause)
}

func conflict(cause error) *refusal { return refuse(http.StatusConflict, cause.Error(), cause) }

func tooLarge(cause error) *refusal {
	return refuse(http.StatusRequestEntityTooLarge, cause.Error(), cause)
}

// passing says of a refusal that the same bundle may be accepted later.
func passing(kind string, r *refusal) *refusal {
	r.problem.Type = kind
	return r
}

// as names the refusal in the journal.
func (r *refusal) as(kind store.RefusalKind) *refusal {
	r.kind = kind
	return r
}

func notFound() *refusal {
	return refuse(http.StatusNotFound, "no such request in the protocol", errors.New("unknown path"))
}

func shed(status int, why string) *refusal {
	r := refuse(status, why, errors.New(why))
	r.retry = retryAfter
	return r
}

// answer runs a handler and writes what it returns as an error.
func (s *Server) answer(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = withWitness(r)
		err := checkVersion(r)
		if err == nil {
			err = handle(w, r)
		}
		if err != nil {
			s.refuse(w, r, err)
		}
	})
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var known *refusal
	if !errors.As(err, &known) {
		// The database is busy or broken: nothing was acknowledged, so the
		// agent keeps what it has and comes back.
		known = shed(http.StatusServiceUnavailable, "the aggregator cannot keep anything now")
		s.log.Error("agent request failed", "path", r.URL.Path, "remote", r.RemoteAddr, "error", err)
	} else {
		s.log.Warn("agent request refused", "status", known.problem.Status, "path", r.URL.Path, "remote", r.RemoteAddr, "cause", known.cause)
		if err := s.note(r, known); err != nil {
			s.log.Error("note a refusal", "error", err)
		}
	}
	if known.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(known.retry.Seconds())))
	}
	writeJSON(w, known.problem.Status, wire.MediaProblem, known.problem)
}

// note has the journal tell of a refusal: of an agent by its name, of a stranger by its
// address. Neither can fill it.
func (s *Server) note(r *http.Request, known *refusal) error {
	agent, asked := witnessOf(r.Context()).agent, askedFor(r)
	if kind := known.kindOf(); agent.ID != "" && kind != "" {
		return s.store.NoteRefusal(r.Context(), agent, kind, remoteIP(r), asked, time.Now())
	}
	if agent.ID != "" || known.problem.Status != http.StatusUnauthorized {
		return nil
	}
	if origin := gate.Origin(r.RemoteAddr); !s.strangers.allow(origin) || !s.allStrangers.allow("") {
		return nil
	}
	return s.store.Audit(r.Context(), store.Deed{
		At: time.Now(), Actor: remoteIP(r), IP: remoteIP(r), Action: "refuse-stranger", Object: asked,
	})
}

// askedFor is what a request was for, without what its author chose of it.
func askedFor(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, wire.PathBundles+"/") {
		return wire.PathBundles
	}
	return r.URL.Path
}

// kindOf is how a refusal of a known agent is called; empty for one that is nobody's fault.
func (r *refusal) kindOf() store.RefusalKind {
	switch {
	case r.kind != "":
		return r.kind
	case r.problem.Type == wire.ProblemClock:
		return store.RefusedClock
	case r.problem.Type == wire.ProblemDamaged:
		return ""
	}
	switch r.problem.Status {
	case http.StatusForbidden:
		return store.RefusedForeign
	case http.StatusConflict:
		return store.RefusedConflict
	case http.StatusBadRequest, http.StatusLengthRequired, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity, http.StatusUpgradeRequired:
		return store.RefusedMessage
	}
	return ""
}

// writeJSON writes an answer; when the other side is gone there is nobody left
// to tell.
func writeJSON(w http.ResponseWriter, status int, media string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		status, raw = http.StatusInternalServerError, nil
	}
	writeRaw(w, status, media, raw)
}

func writeRaw(w http.ResponseWriter, status int, media string, raw []byte) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	w.Header().Set(wire.HeaderVersion, strconv.Itoa(wire.Version))
	w.WriteHeader(status)
	_, _ = w.Write(raw) //nolint:gosec // JSON of our own, of a JSON media type
}

// checkVersion refuses a protocol older than any we still read. An agent that
// does not say is of the first version.
func checkVersion(r *http.Request) error {
	text := r.Header.Get(wire.HeaderVersion)
	if text == "" {
		return nil
	}
	version, err := strconv.Atoi(text)
	if err != nil {
		return malformed(fmt.Errorf("header %s is not a number", wire.HeaderVersion))
	}
	if version < oldestVersion {
		return refuse(http.StatusUpgradeRequired, "the protocol of the agent is too old: update the agent",
			fmt.Errorf("protocol version %d", version))
	}
	return nil
}

const oldestVersion = 1
