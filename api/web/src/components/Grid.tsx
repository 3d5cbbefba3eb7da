/** The one table of the page: rows are moved as little as possible, so that what is read stays where it is. */
import { AG_GRID_LOCALE_CN } from "@ag-grid-community/locale";
import { AllCommunityModule, ModuleRegistry, themeQuartz } from "ag-grid-community";
import { AgGridReact, type AgGridReactProps } from "ag-grid-react";
import { useMemo } from "react";
import { useSettings } from "../settings";

ModuleRegistry.registerModules([AllCommunityModule]);

const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";

const theme = themeQuartz.withParams({
  browserColorScheme: "inherit",
  accentColor: "var(--accent)",
  backgroundColor: "var(--surface)",
  foregroundColor: "var(--text)",
  textColor: "var(--text)",
  borderColor: "var(--line)",
  headerBackgroundColor: "var(--surface-2)",
  headerTextColor: "var(--text-2)",
  oddRowBackgroundColor: "var(--surface)",
  rowHoverColor: "var(--hover)",
  selectedRowBackgroundColor: "var(--selected)",
  fontFamily: "inherit",
  fontSize: 13,
  headerFontSize: 12,
  headerFontWeight: 600,
  cellHorizontalPadding: 6,
  wrapperBorder: false,
  wrapperBorderRadius: 0,
});

const ROW_HEIGHT = { comfortable: 38, compact: 30 };

/** AG Grid with the page's look, language and density; takes AG Grid's own properties. */
export function Grid<T>(properties: AgGridReactProps<T>) {
  const { language, density } = useSettings();
  const localeText = useMemo(() => (language === "zh" ? AG_GRID_LOCALE_CN : undefined), [language]);
  const height = properties.rowHeight ?? ROW_HEIGHT[density];
  return (
    <AgGridReact<T>
      key={`${language}/${density}`}
      theme={theme}
      styleNonce={nonce}
      animateRows={false}
      localeText={localeText}
      headerHeight={32}
      // Its place is kept from the start: columns that were sized without it would end under it.
      alwaysShowVerticalScroll
      suppressMovableColumns
      suppressCellFocus
      suppressDragLeaveHidesColumns
      enableCellTextSelection
      {...properties}
      rowHeight={height}
    />
  );
}
