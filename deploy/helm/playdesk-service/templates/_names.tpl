{{/* The object of one process: <release>-<process>; a release is called after its chart, as playdesk-player. */}}
{{- define "playdesk.name" -}}
{{- printf "%s-%s" .top.Release.Name .process | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "playdesk.labels" -}}
app.kubernetes.io/name: {{ .top.Chart.Name }}
app.kubernetes.io/component: {{ .process }}
app.kubernetes.io/instance: {{ .top.Release.Name }}
app.kubernetes.io/part-of: playdesk
app.kubernetes.io/version: {{ .top.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .top.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .top.Chart.Name .top.Chart.Version }}
{{- end }}

{{- define "playdesk.selector" -}}
app.kubernetes.io/name: {{ .top.Chart.Name }}
app.kubernetes.io/component: {{ .process }}
app.kubernetes.io/instance: {{ .top.Release.Name }}
{{- end }}

{{- define "playdesk.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
