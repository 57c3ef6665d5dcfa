// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
)

// Decode brings the bytes of a settings file into a settings struct, as Read
// does.
func Decode(name string, data []byte, value any) (File, error) {
	return decode(name, data, value, voice{})
}

// DecodeDiscreetly decodes a file that may hold the name of a person: no fault
// repeats anything of it.
func DecodeDiscreetly(name string, data []byte, value any) (File, error) {
	return decode(name, data, value, voice{discreet: true})
}

func decode(name string, data []byte, value any, v voice) (File, error) {
	r := &reading{voice: v, File: File{name: name, places: map[string]place{}}, paths: Paths(value)}
	if root := r.document(data); root != nil && r.survey(root, "", 0) {
		out := reflect.ValueOf(value).Elem()
		if root.Kind == yaml.MappingNode {
			r.mapping(root, out, "")
		} else {
			r.keysExpected(root, out.Type(), "")
		}
	}
	return r.File, r.faults.Err()
}

// Set gives one key of a settings struct, by its dotted path, a value that comes
// from elsewhere than the file. The error is a Fault.
func Set(value any, key, text string) error {
	out := reflect.ValueOf(value).Elem()
	for name := range strings.SplitSeq(key, ".") {
		i := slices.IndexFunc(fieldsOf(out.Type()), func(f field) bool { return f.key == name })
		if i < 0 {
			return fmt.Errorf("set %s: no such key in %s", key, reflect.TypeOf(value))
		}
		out = out.FieldByIndex(fieldsOf(out.Type())[i].Index)
	}
	fault := (voice{}).scalar(text, out)
	if fault == nil && isZeroCount(out) {
		zero := (voice{}).zero(text)
		fault = &zero
	}
	if fault != nil {
		fault.Key = key
		return *fault
	}
	return nil
}

// value reads what stands after a key, or in a list, into its field.
func (r *reading) value(n *yaml.Node, out reflect.Value, key string) {
	if isNull(n) {
		r.nothing(n, out.Type(), key)
		return
	}
	if out.Kind() == reflect.Pointer {
		fresh := reflect.New(out.Type().Elem())
		r.value(n, fresh.Elem(), key)
		out.Set(fresh)
		return
	}
	switch own, ok := reflect.TypeAssert[yaml.Unmarshaler](out.Addr()); {
	case ok:
		if err := own.UnmarshalYAML(n); err != nil {
			r.fault(placeOf(n), key, r.because(err, r.voice.value(n.Value)))
		}
	case isScalar(out.Type()):
		if n.Kind != yaml.ScalarNode {
			r.oneExpected(n, key)
		} else if fault := r.scalar(n.Value, out); fault != nil {
			r.fault(placeOf(n), key, *fault)
		}
	case out.Kind() == reflect.Slice:
		r.list(n, out, key)
	case n.Kind == yaml.MappingNode:
		r.mapping(n, out, key)
	default:
		r.keysExpected(n, out.Type(), key)
	}
}

func (r *reading) list(n *yaml.Node, out reflect.Value, key string) {
	if n.Kind != yaml.SequenceNode {
		r.listExpected(n, out.Type().Elem(), key)
		return
	}
	items := reflect.MakeSlice(out.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		r.value(item, items.Index(i), fmt.Sprintf("%s[%d]", key, i))
	}
	out.Set(items)
}

func (r *reading) mapping(n *yaml.Node, out reflect.Value, key string) {
	fields := fieldsOf(out.Type())
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if seen[name.Value] {
			continue // said by the survey
		}
		seen[name.Value] = true
		known := slices.IndexFunc(fields, func(f field) bool { return f.key == name.Value })
		if known < 0 {
			r.unknown(n, name, value, out.Type(), key)
			continue
		}
		field, before := out.FieldByIndex(fields[known].Index), len(r.faults)
		r.value(value, field, below(key, name.Value))
		cut := i+3 < len(n.Content) && isAfterComma(n, n.Content[i+2], n.Content[i+3]) // 0,5: said there
		if len(r.faults) == before && isZeroCount(field) && !cut {
			r.fault(placeOf(value), below(key, name.Value), r.zero(value.Value))
		}
	}
}

// isAfterComma tells a key that is the second half of a number: {rate: 0,5}.
func isAfterComma(in, name, value *yaml.Node) bool {
	return in.Style&yaml.FlowStyle != 0 && isNull(value) && wholeNumber.MatchString(name.Value)
}

// unknown refuses a key, with the one that was most likely meant.
func (r *reading) unknown(in, name, value *yaml.Node, t reflect.Type, key string) {
	known := keysOf(t)
	fault := Fault{
		What: Say("%s n'est pas connue", "%s is not known", r.key(name.Value)),
		Hint: r.knownKeys(known),
	}
	guess, elsewhere := Nearest(name.Value, known), r.elsewhere(name.Value)
	switch {
	case isAfterComma(in, name, value):
		fault.Hint = Say("entre accolades, la virgule sépare deux clés : une fraction s'écrit avec un point, 0.5", "between braces, a comma separates two keys: a fraction is written with a point, 0.5")
	case guess != "":
		fault.Hint = Say("vouliez-vous dire « %s » ?", `did you mean "%s"?`, guess)
	case elsewhere != "" && !r.discreet:
		fault.Hint = Say("cette clé s'écrit dans %s : vérifiez le retrait de la ligne", "this key is written in %s: check the indentation of the line", elsewhere)
	}
	if !r.discreet {
		key = below(key, name.Value)
	}
	r.fault(placeOf(name), key, fault)
}

// elsewhere is the section that holds a key, when there is one only.
func (r *reading) elsewhere(name string) string {
	found := ""
	for _, path := range r.paths {
		section, last := cutLast(path)
		switch {
		case last != name || section == "" || section == found:
		case found != "":
			return ""
		default:
			found = section
		}
	}
	return found
}

func cutLast(path string) (section, last string) {
	i := strings.LastIndex(path, ".")
	return path[:max(0, i)], path[i+1:]
}

// nothing refuses null, ~ and a key that nothing follows: each is more often lost
// than meant.
func (r *reading) nothing(n *yaml.Node, t reflect.Type, key string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	fault := Fault{
		What: Say("aucune valeur n'est écrite", "no value is written"),
		Hint: Say("écrivez une valeur, ou retirez la ligne", "write a value, or remove the line"),
	}
	if n.Value != "" {
		fault.What = Say("%s veut dire « rien » en YAML", `%s means "nothing" in YAML`, Quoted(n.Value))
	}
	switch inner := structIn(t); {
	case n.Value != "" && t.Kind() == reflect.String:
		fault.Hint = Say(`si ce texte est bien voulu, mettez-le entre guillemets : "%[1]s" ; sinon, retirez la ligne`, `if this text is meant, write quotes around it: "%[1]s"; if not, remove the line`, n.Value)
	case t.Kind() == reflect.String:
		fault.Hint = Say(`écrivez un texte ("" s'il est vide), ou retirez la ligne`, `write a text ("" if it is empty), or remove the line`)
	case t.Kind() == reflect.Slice:
		fault.Hint = Say("écrivez une liste ([] si elle est vide), ou retirez la ligne", "write a list ([] if it is empty), or remove the line")
	case len(keysOf(inner)) > 0: // a type that reads its own value has none
		fault.Hint = Say("écrivez ses clés en dessous, en retrait (%[1]s), ou retirez la ligne", "write its keys below, indented (%[1]s), or remove the line", few(keysOf(inner)))
	}
	r.fault(placeOf(n), key, fault)
}

// oneExpected refuses a list or keys where one value is meant.
func (r *reading) oneExpected(n *yaml.Node, key string) {
	_, name := cutLast(key)
	fault := Fault{
		What: Say("une seule valeur est attendue, et non une liste", "one value is expected, not a list"),
		Hint: Say("écrivez « %[1]s: valeur », sans crochets ni tiret", `write "%[1]s: value", without brackets or dash`, name),
	}
	if n.Kind == yaml.MappingNode {
		fault.What = Say("une seule valeur est attendue, et non des clés", "one value is expected, not keys")
		fault.Hint = Say("écrivez « %[1]s: valeur » ; mettez entre guillemets un texte qui contient « : »", `write "%[1]s: value"; write quotes around a text that holds ":"`, name)
	}
	if strings.HasSuffix(name, "]") {
		fault.Hint = Say("écrivez un élément par ligne, après un tiret ; mettez entre guillemets un texte qui contient « : »", `write one item a line, after a dash; write quotes around a text that holds ":"`)
	}
	r.fault(placeOf(n), key, fault)
}

// listExpected refuses one value, or keys, where a list is meant.
func (r *reading) listExpected(n *yaml.Node, item reflect.Type, key string) {
	_, name := cutLast(key)
	fault := Fault{
		What: Say("une liste est attendue", "a list is expected"),
		Hint: Say("écrivez « %[1]s: [%[2]s] », ou un élément par ligne après un tiret", `write "%[1]s: [%[2]s]", or one item a line after a dash`, name, r.example(oneLine(n), "…")),
	}
	if inner := structIn(item); inner != nil {
		fault.Hint = Say("sous « %[1]s: », commencez chaque élément par un tiret : « - %[2]s: … »", `below "%[1]s:", begin each item with a dash: "- %[2]s: …"`, name, keysOf(inner)[0])
	}
	r.fault(placeOf(n), key, fault)
}

// oneLine is a value as it may be repeated in an example: quoted where YAML would
// read something else.
func oneLine(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || len(n.Value) > mostQuoted || strings.ContainsAny(n.Value, "\n\"") {
		return "…"
	}
	if n.Style != 0 || strings.ContainsAny(n.Value, ":,[]{}#") {
		return `"` + n.Value + `"`
	}
	return n.Value
}

// keysExpected refuses a value, or a list, where keys are meant.
func (r *reading) keysExpected(n *yaml.Node, t reflect.Type, key string) {
	what := Say("des clés sont attendues ici, et non une seule valeur", "keys are expected here, not one value")
	if n.Kind == yaml.SequenceNode {
		what = Say("des clés sont attendues ici, et non une liste", "keys are expected here, not a list")
	}
	r.fault(placeOf(n), key, Fault{
		What: what,
		Hint: Say("écrivez ses clés en dessous, en retrait : %[1]s", "write its keys below, indented: %[1]s", few(keysOf(t))),
	})
}

func (r *reading) knownKeys(keys []string) scanner.Text {
	return Say("clés possibles ici : %[1]s", "keys that may stand here: %[1]s", strings.Join(keys, ", "))
}

// few is the first of some keys.
func few(keys []string) string {
	if len(keys) > 3 {
		return strings.Join(keys[:3], ", ") + "…"
	}
	return strings.Join(keys, ", ")
}
