// SPDX-License-Identifier: Apache-2.0

// Package cli holds what both commands do alike: language, version, logs, exit
// codes, and how an error becomes a sentence and a hint.
package cli

import (
	"errors"
	"fmt"
	"io"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// The exit codes of every command (architecture.md, Commands).
const (
	ExitOK         = 0 // done; for scan, every control holds
	ExitFailed     = 1 // a control fails, or a verification does not hold
	ExitUnusable   = 2 // could not run: flags, configuration, scope
	ExitIncomplete = 3 // the run was incomplete and nothing failed
)

// Problem is an error for a person: what went wrong and what to do next. Cause
// is the technical detail, in English, shown below the sentence.
type Problem struct {
	Sentence scanner.Text
	Hint     scanner.Text
	Cause    error
}

// Error is the English sentence, for logs.
func (p *Problem) Error() string {
	if p.Cause == nil {
		return p.Sentence.EN
	}
	return p.Sentence.EN + ": " + p.Cause.Error()
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Exit is an error that only sets the exit code: all was said already.
type Exit int

// Error names the code.
func (e Exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Report writes an error as a person reads it and returns the exit code. The
// faults of a configuration come one a line, each with its hint.
func Report(w io.Writer, program string, l scanner.Lang, err error) int {
	if err == nil {
		return ExitOK
	}
	if exit := Exit(0); errors.As(err, &exit) {
		return int(exit)
	}
	problem, isProblem := errors.AsType[*Problem](err)
	faults := faultsOf(err)
	if faults == nil {
		if !isProblem {
			problem = notDone(program, err)
		}
		tell(w, program, l, label["error"], problem)
		return ExitUnusable
	}
	if isProblem {
		say(w, program, l, label["error"], problem.Sentence.Typeset().In(l))
	}
	for _, fault := range faults.Shown() {
		say(w, program, l, label["error"], fault.Sentence(l))
		say(w, program, l, label["detail"], fault.Detail)
		say(w, program, l, label["hint"], fault.Hint.Typeset().In(l))
	}
	if isProblem {
		say(w, program, l, label["hint"], problem.Hint.Typeset().In(l))
	}
	return ExitUnusable
}

// notDone is for an error that nobody worded.
func notDone(program string, cause error) *Problem {
	return &Problem{
		Sentence: scanner.Text{FR: "la commande n'a pas pu être exécutée", EN: "the command could not be carried out"},
		Hint:     scanner.Text{FR: "voir « " + program + " --help »", EN: "see " + program + " --help"},
		Cause:    cause,
	}
}

// faultsOf are the faults of a configuration that an error carries, if any.
func faultsOf(err error) settings.Faults {
	if one, ok := errors.AsType[settings.Fault](err); ok {
		return settings.Faults{one}
	}
	faults, _ := errors.AsType[settings.Faults](err)
	return faults
}

// label is what begins a line.
var label = map[string]scanner.Text{
	"error":   {FR: "erreur", EN: "error"},
	"warning": {FR: "attention", EN: "warning"},
	"detail":  {FR: "détail", EN: "detail"},
	"hint":    {FR: "conseil", EN: "hint"},
}

// say writes one line; an empty one is left out.
func say(w io.Writer, program string, l scanner.Lang, label scanner.Text, sentence string) {
	if sentence != "" {
		fmt.Fprintf(w, "%s: %s: %s\n", program, label.In(l), sentence)
	}
}

// tell says a problem. What happened in technical words is a detail, on a line of
// its own: it is English, whoever reads.
func tell(w io.Writer, program string, l scanner.Lang, kind scanner.Text, p *Problem) {
	say(w, program, l, kind, p.Sentence.Typeset().In(l))
	if p.Cause != nil {
		say(w, program, l, label["detail"], p.Cause.Error())
	}
	say(w, program, l, label["hint"], p.Hint.Typeset().In(l))
}
