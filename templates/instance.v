[%- if !i.about.is_empty() %]
  // [[ i.about ]]
[%- endif %]
  [[ i.module ]] #(
[%- for p in i.parameters %]
      .[[ p.name ]]([[ p.value ]])[% if !loop.last %],[% endif %]
[%- endfor %]
  ) [[ i.name ]] (
[%- for p in i.ports %]
      .[[ p.name ]]([[ p.value ]])[% if !loop.last %],[% endif %]
[%- endfor %]
  );
