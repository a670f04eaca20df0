package gov;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The platform's cases, and which pushes it has. Every change of a case is given out again under a new Unid. */
final class Store {
    /** One case as it stands. */
    static final class Case {
        final Map<String, String> fields = new LinkedHashMap<>();
        long sequence;
        boolean acknowledged;

        String unid() {
            return fields.get("project_no") + "-" + sequence;
        }
    }

    private static final Set<String> TYPES = Set.of("1", "2", "9", "20", "10", "30");
    private static final Set<String> STATUSES = Set.of("11", "12", "21", "22", "23", "24", "40", "41", "50", "51", "60",
            "61", "62", "70", "71", "72", "80", "81");
    private static final Set<String> GRADES = Set.of("1", "2", "3", "4", "5");

    private final Journal journal;
    private final Map<String, Case> cases = new LinkedHashMap<>();
    private final Set<String> pushed = new HashSet<>();
    private long sequence;

    Store(Journal journal) {
        this.journal = journal;
    }

    /** The platform's own writing, which empties the hub's marks: what the record says is the platform's word now. */
    synchronized void write(Map<String, String> fields) {
        var change = new LinkedHashMap<String, String>();
        change.put("hub_unid", "");
        change.put("hub_state", "");
        change.put("hub_assess", "");
        change.putAll(fields);
        put(change);
    }

    /** @return the code of the outcome; "0" applied, "3001" it was here already */
    synchronized String push(String operation, String unid, Map<String, String> fields) {
        if (unid.isEmpty()) {
            return refuse(operation, unid, "2002", fields);
        }
        if (pushed.contains(unid)) {
            journal.write(operation, unid, "duplicate", fields);
            return "3001";
        }
        var wrong = check(operation, fields);
        if (wrong != null) {
            return refuse(operation, unid, wrong, fields);
        }
        journal.write(operation, unid, "applied", fields);
        pushed.add(unid);
        var change = new LinkedHashMap<>(fields);
        change.values().removeIf(String::isEmpty); // what is left empty is not said: it wipes nothing
        change.put("hub_unid", unid);
        put(change);
        return "0";
    }

    synchronized List<Case> unacknowledged(long after, int size) {
        return cases.values().stream()
                .filter(one -> !one.acknowledged && one.sequence > after)
                .sorted((a, b) -> Long.compare(a.sequence, b.sequence))
                .limit(size)
                .toList();
    }

    /** @return whether that version of a case was waiting to be acknowledged */
    synchronized boolean acknowledge(String unid) {
        for (var one : cases.values()) {
            if (one.unid().equals(unid) && !one.acknowledged) {
                one.acknowledged = true;
                return true;
            }
        }
        return false;
    }

    /** As at the first start: no cases, no pushes, an empty journal. */
    synchronized void clear() {
        cases.clear();
        pushed.clear();
        sequence = 0;
        journal.clear();
    }

    synchronized Case find(String projectNo) {
        return cases.get(projectNo);
    }

    synchronized List<Case> all() {
        return new ArrayList<>(cases.values());
    }

    private String refuse(String operation, String unid, String code, Map<String, String> fields) {
        journal.write(operation, unid, code, fields);
        return code;
    }

    private String check(String operation, Map<String, String> fields) {
        var number = fields.getOrDefault("project_no", "");
        if (number.isBlank() || number.length() > 50) {
            return "2002";
        }
        if (outside(fields, "applyer_type", TYPES) || outside(fields, "handle_status", STATUSES)
                || outside(fields, "satisfaction", GRADES)) {
            return "2003";
        }
        if (operation.equals("pushEvaluate")) {
            var grade = fields.getOrDefault("satisfaction", "");
            var said = fields.getOrDefault("writing_evaluation", "") + fields.getOrDefault("eval_detail", "");
            if (grade.isEmpty() || (grade.compareTo("3") < 0 && said.isBlank())) { // 差评 needs a word
                return "2002";
            }
        }
        var known = cases.get(number);
        if (operation.equals("pushCase")) {
            return null;
        }
        return known == null || "0".equals(known.fields.get("data_state")) ? "3003" : null;
    }

    private static boolean outside(Map<String, String> fields, String name, Set<String> codes) {
        var value = fields.getOrDefault(name, "");
        return !value.isEmpty() && !codes.contains(value);
    }

    private void put(Map<String, String> change) {
        var one = cases.computeIfAbsent(change.get("project_no"), number -> new Case());
        var version = Integer.parseInt(one.fields.getOrDefault("data_ver", "0"));
        one.fields.putAll(change);
        one.fields.remove("Unid");
        one.fields.put("data_ver", String.valueOf(version + 1)); // a correction is a new version
        one.sequence = ++sequence;
        one.acknowledged = false;
    }
}
