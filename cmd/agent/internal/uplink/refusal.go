// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"errors"
	"net/http"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// isFinal tells whether sending the same bytes again could never succeed
// (aggregator.md section 2). An unknown certificate may become known again, so
// 401 and 403 wait for the operator; a clock may be put right, so a moment to come
// waits for it; and what something on the way says of a bundle is not the
// aggregator's word.
func (e *answerError) isFinal() bool {
	if !e.Ours || e.Passes() {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// isShared tells whether a failure would meet every bundle alike: the aggregator
// is not reached, does not know the agent, or asks for patience; or the disk
// refuses to file its answers.
func isShared(err error) bool {
	if errors.Is(err, errFiling) {
		return true
	}
	if _, ok := errors.AsType[*unreachedError](err); ok {
		return true
	}
	refused, ok := errors.AsType[*answerError](err)
	if !ok {
		return false
	}
	if refused.Ours && refused.Held() {
		return true
	}
	switch refused.Status {
	case http.StatusUnauthorized, http.StatusUpgradeRequired, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	}
	return false
}

// notKnown says why nothing passes once the aggregator does not accept the agent: it
// was revoked, its certificate ended, or the region was put back from a copy that is
// older than the enrolment.
func notKnown(cause error) *cli.Problem {
	return &cli.Problem{
		Sentence: scanner.Text{
			FR: "l'agrégateur n'accepte pas, ou n'accepte plus, cet agent",
			EN: "the aggregator does not accept this agent, or no longer does",
		},
		Hint: scanner.Text{
			FR: "voyez avec votre centre régional ; s'il donne un nouveau jeton, enrôlez l'agent de nouveau avec le même dossier d'état et relancez le service : ce qui attend partira",
			EN: "ask your regional centre; if it gives a new token, enrol the agent again with the same state folder and restart the service: what waits will leave",
		},
		Cause: cause,
	}
}

// clockAhead says why a bundle waits that bears a moment still to come.
func clockAhead(cause *answerError) *cli.Problem {
	return &cli.Problem{
		Sentence: scanner.Text{
			FR: "l'agrégateur ne prend pas encore un dossier dont l'heure est à venir : l'horloge de cette machine avance, ou avançait",
			EN: "the aggregator does not yet take a bundle whose time is still to come: the clock of this machine is fast, or was",
		},
		Hint: scanner.Text{
			FR: "mettez cette machine à l'heure (NTP) ; le dossier est gardé, et repartira de lui-même une fois cette heure passée",
			EN: "set the clock of this machine (NTP); the bundle is kept, and will leave by itself once that time has passed",
		},
		Cause: cause,
	}
}
